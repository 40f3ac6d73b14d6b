import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openLog, wantsColors } from './open-log.ts'

const settings = { logLevel: 'info', logFile: '', logFormat: 'text' } as const

test('without a file, lines go to the screen', () => {
  const shown: string[] = []
  const { log, close } = openLog(settings, { write: (text) => shown.push(text) })
  log.info('hello')
  close()
  expect(shown).toHaveLength(1)
  expect(shown[0]).toMatch(/ INFO {2}hello\n$/)
})

test('with a file, lines go there without colours, and the screen stays clean', () => {
  const dir = mkdtempSync(join(tmpdir(), 'skein-log-'))
  const shown: string[] = []
  const logFile = join(dir, 'a.log')
  const { log, close } = openLog(
    { ...settings, logFile, logFormat: 'json', logLevel: 'error' },
    { write: (text) => shown.push(text), colors: true },
  )
  log.info('no')
  log.error('yes')
  close()
  expect(JSON.parse(readFileSync(logFile, 'utf8'))).toMatchObject({ level: 'error', message: 'yes' })
  expect(shown).toEqual([])
  rmSync(dir, { recursive: true })
})

test.each([
  [true, {}, true],
  [false, {}, false],
  [undefined, {}, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  [false, { FORCE_COLOR: '1' }, true],
  [true, { FORCE_COLOR: '0' }, false],
  [true, { TERM: 'dumb' }, false],
])('colours: terminal %j with %j: %j', (isTTY, env, expected) => {
  expect(wantsColors(isTTY === undefined ? {} : { isTTY }, env)).toBe(expected)
})
