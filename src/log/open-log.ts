import type { Logger, LogLevel } from './contract.ts'
import { openLogFile } from './log-file.ts'
import { createLogger } from './logger.ts'

/** Which log; the names are those of the settings. */
export interface LogSettings {
  readonly logLevel: LogLevel
  /** Empty: standard error. */
  readonly logFile: string
  readonly logFormat: 'text' | 'json'
}

/** Where a log goes that has no file. */
export interface LogScreen {
  write(text: string): unknown
  /** @default false */
  readonly colors?: boolean
}

/** A log that is open. */
export interface OpenLog {
  readonly log: Logger
  close(): void
}

/**
 * Opens the log that the settings ask for. Throws a UsageError when its file cannot be written.
 *
 * @example
 * const { log, close } = openLog(settings)
 */
export function openLog(settings: LogSettings, screen: LogScreen = standardError()): OpenLog {
  const { logLevel: level, logFile, logFormat: format } = settings
  if (logFile === '') {
    return {
      log: createLogger({ level, format, colors: screen.colors === true, write: (text) => void screen.write(text) }),
      close: () => undefined,
    }
  }
  const file = openLogFile(logFile, (message) => void screen.write(`skein: ${message}\n`))
  return { log: createLogger({ level, format, write: file.write }), close: () => file.close() }
}

/** Whether text for that stream may have colours: on a terminal, unless NO_COLOR is set (no-color.org); always with FORCE_COLOR. */
export function wantsColors(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env['NO_COLOR']) return false
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0'
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}

function standardError(): LogScreen {
  return { write: (text) => process.stderr.write(text), colors: wantsColors(process.stderr) }
}
