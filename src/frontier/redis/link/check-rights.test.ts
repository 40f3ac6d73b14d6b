import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { NEEDED_COMMANDS } from './check-rights.ts'

it('asks for the right to every command that a script calls, and no other', () => {
  const folder = join(import.meta.dirname, '../lua')
  const called = readdirSync(folder)
    .filter((file) => file.endsWith('.lua'))
    .flatMap((file) =>
      [...readFileSync(join(folder, file), 'utf8').matchAll(/\bp?call\(\s*['"](\w+)['"]/g)].map((match) => match[1]!),
    )
  expect(called.length).toBeGreaterThan(50)
  const own = ['eval', 'evalsha', 'subscribe', 'ping']
  expect([...NEEDED_COMMANDS].sort()).toEqual([...new Set([...called.map((name) => name.toLowerCase()), ...own])].sort())
})
