import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { UsageError } from '../errors.ts'
import { openLogFile } from './log-file.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'skein-log-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const unexpected = (message: string): never => {
  throw new Error(message)
}

test('lines are appended, and are there at once', () => {
  const path = join(dir, 'deep', 'er', 'a.log')
  const first = openLogFile(path, unexpected)
  first.write('one\n')
  expect(readFileSync(path, 'utf8')).toBe('one\n')
  first.close()
  const second = openLogFile(path, unexpected)
  second.write('zwei ü\n')
  second.close()
  expect(readFileSync(path, 'utf8')).toBe('one\nzwei ü\n')
})

test('a path that cannot be written is a usage error that names it', () => {
  writeFileSync(join(dir, 'file'), '')
  for (const path of [dir, join(dir, 'file', 'a.log')]) {
    expect(() => openLogFile(path, unexpected)).toThrow(UsageError)
    expect(() => openLogFile(path, unexpected)).toThrow(path)
  }
})

test('writing that fails later is told once, and does not throw', () => {
  const told: string[] = []
  const path = join(dir, 'a.log')
  const file = openLogFile(path, (message) => told.push(message))
  file.close()
  file.write('a\n')
  file.write('b\n')
  expect(told).toHaveLength(1)
  expect(told[0]).toContain(path)
})
