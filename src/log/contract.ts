/** What there is to say, from the most to the least talkative; `silent` says nothing. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Facts beside a message, for programs: URL, status, spider … An `error` field is printed with its stack and causes. */
export type LogFields = Readonly<Record<string, unknown>>

/** Where skein and spiders say what happens. */
export interface Logger {
  /** False when a debug line would go nowhere: lets a hot path skip building it. */
  readonly debugEnabled: boolean
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}
