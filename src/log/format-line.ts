import pc from 'picocolors'
import type { LogFields, LogLevel } from './contract.ts'
import { describeError } from './describe-error.ts'
import { escapeControl } from './escape-control.ts'
import { maskCredentials } from './mask-credentials.ts'

/** A level at which something is said. */
export type LineLevel = Exclude<LogLevel, 'silent'>

/** Makes the text of one record: one line, and after it the stack of an `error` field, indented. Ends with a line break. */
export type LineFormat = (level: LineLevel, time: number, message: string, fields: LogFields | undefined) => string

const labels: Readonly<Record<LineLevel, string>> = { debug: 'DEBUG', info: 'INFO ', warn: 'WARN ', error: 'ERROR' }

/** Lines for people: `2026-11-22 09:30:00 INFO  message  key=value`, in local time. */
export function textFormat(colors: boolean): LineFormat {
  const { dim, red, yellow, cyan, bold } = pc.createColors(colors)
  const paint: Readonly<Record<LineLevel, (text: string) => string>> = {
    debug: dim,
    info: cyan,
    warn: yellow,
    error: (t) => bold(red(t)),
  }
  const painted = Object.fromEntries(Object.entries(labels).map(([level, label]) => [level, paint[level as LineLevel](label)]))
  const localTime = localTimeCache()

  return (level, time, message, fields) => {
    let line = `${dim(localTime(time))} ${painted[level]} ${clean(message)}`
    if (fields === undefined) return `${line}\n`
    let facts = ''
    for (const key in fields)
      if (key !== 'error' && fields[key] !== undefined) facts += ` ${clean(key)}=${textValue(fields[key])}`
    if (facts !== '') line += ` ${dim(facts)}`
    if (fields['error'] === undefined) return `${line}\n`
    for (const part of describeError(fields['error'])) line += `\n    ${clean(part)}`
    return `${line}\n`
  }
}

/** Lines for programs: one JSON object each, with `time` (ISO 8601, UTC), `level`, `message` and the fields. */
export const jsonFormat: LineFormat = (level, time, message, fields) => {
  const record: Record<string, unknown> = { time: new Date(time).toISOString(), level, message: maskCredentials(message) }
  for (const key in fields) {
    const value = fields[key]
    // the record's own names stay what they are
    const name = key in record && key !== 'error' ? `field_${key}` : key
    record[name] = key === 'error' ? describeError(value).map(maskCredentials) : value
  }
  // JSON escapes the rest; what this adds are valid escapes too
  return `${escapeControl(safeJson(record))}\n`
}

const clean = (text: string): string => escapeControl(maskCredentials(text))

function textValue(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'string') return clean(safeJson(value))
  // a value with blanks, quotes or = in it is quoted, so that the fields can be told apart again
  return value === '' || /[\s"=]/.test(value) ? clean(JSON.stringify(value)) : clean(value)
}

function safeJson(value: unknown): string {
  try {
    return (
      JSON.stringify(value, (_key, v: unknown) => {
        if (typeof v === 'string') return maskCredentials(v)
        if (typeof v === 'bigint') return String(v)
        if (v instanceof Error) return `${v.name}: ${v.message}`
        if (v instanceof Map || v instanceof Set) return [...v]
        return v
      }) ?? String(value)
    )
  } catch {
    return '"[cannot be shown: circular]"'
  }
}

/** Formats the second once, not for each line that falls into it. */
function localTimeCache(): (time: number) => string {
  let second = Number.NaN
  let text = ''
  return (time) => {
    const now = Math.floor(time / 1000)
    if (now !== second) {
      second = now
      const d = new Date(time)
      const two = (n: number): string => String(n).padStart(2, '0')
      text = `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`
    }
    return text
  }
}
