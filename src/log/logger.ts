import type { LogFields, Logger, LogLevel } from './contract.ts'
import { jsonFormat, type LineLevel, textFormat } from './format-line.ts'

/** How a logger is made. */
export interface LoggerOptions {
  /** Takes the finished text of one record, line break included. Must not throw. */
  readonly write: (text: string) => void
  /** @default 'info' */
  readonly level?: LogLevel
  /** @default 'text' */
  readonly format?: 'text' | 'json'
  /** Colours in text. @default false */
  readonly colors?: boolean
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: () => number
}

const rank: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 }

/**
 * A logger that writes each record at once, whole. Below its level a call costs nothing but the call.
 *
 * Written by hand instead of taking a library: importing pino costs more than all of `skein version` may, it writes from buffers that
 * know nothing of the progress block on the terminal, and what is left to do is this file and `format-line.ts`.
 *
 * @example
 * const log = createLogger({ write: (text) => process.stderr.write(text), level: 'debug' })
 * log.warn('slow answer', { url, seconds: 12 })
 */
export function createLogger(options: LoggerOptions): Logger {
  const { write, level = 'info', format = 'text', colors = false, now = Date.now } = options
  const toText = format === 'json' ? jsonFormat : textFormat(colors)

  const at = (own: LineLevel): ((message: string, fields?: LogFields) => void) => {
    if (rank[own] < rank[level]) return () => undefined
    // spiders in JavaScript may pass anything for a message
    return (message, fields) => write(toText(own, now(), typeof message === 'string' ? message : String(message), fields))
  }
  return { debugEnabled: level === 'debug', debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
