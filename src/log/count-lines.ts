import type { Logger, LogLevel } from './contract.ts'

/** The level names of the stats `log_count/…`, as Scrapy has them. */
export type CountedLevel = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR'

/**
 * The same logger, telling `count` of each record: what makes `log_count/ERROR` in the stats. Debug and info lines below `level` are not
 * counted; warnings and errors always are, also those that `silent` keeps quiet, so that a summary can speak of them.
 *
 * @example
 * const counter = stats.counter('log_count')
 * const log = countLines(logger, settings.logLevel, (level) => counter.label(level).add())
 */
export function countLines(log: Logger, level: LogLevel, count: (level: CountedLevel) => void): Logger {
  const debug = log.debugEnabled
  const info = debug || level === 'info'
  return {
    debugEnabled: debug,
    debug(message, fields) {
      if (!debug) return
      count('DEBUG')
      log.debug(message, fields)
    },
    info(message, fields) {
      if (!info) return
      count('INFO')
      log.info(message, fields)
    },
    warn(message, fields) {
      count('WARNING')
      log.warn(message, fields)
    },
    error(message, fields) {
      count('ERROR')
      log.error(message, fields)
    },
  }
}
