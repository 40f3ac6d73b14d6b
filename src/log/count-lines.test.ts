import { expect, test } from 'vitest'
import type { LogLevel } from './contract.ts'
import { type CountedLevel, countLines } from './count-lines.ts'
import { createLogger } from './logger.ts'

const counted = (level: LogLevel): Partial<Record<CountedLevel, number>> => {
  const counts: Partial<Record<CountedLevel, number>> = {}
  const lines: string[] = []
  const log = countLines(createLogger({ level, write: (text) => lines.push(text) }), level, (l) => {
    counts[l] = (counts[l] ?? 0) + 1
  })
  log.debug('a')
  log.info('b')
  log.warn('c')
  log.error('d')
  return counts
}

test('what is said is counted; warnings and errors also when they are kept quiet', () => {
  expect(counted('debug')).toEqual({ DEBUG: 1, INFO: 1, WARNING: 1, ERROR: 1 })
  expect(counted('info')).toEqual({ INFO: 1, WARNING: 1, ERROR: 1 })
  expect(counted('silent')).toEqual({ WARNING: 1, ERROR: 1 })
})
