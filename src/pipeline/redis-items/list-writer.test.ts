import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { LIST_COMMANDS } from './list-writer.ts'

it('asks for the right to every command that its script calls, and no other', () => {
  const own = readdirSync(join(import.meta.dirname, 'lua')).map((file) => join('lua', file))
  const called = [...own, '../../redis/lua/seen-compact.lua']
    .flatMap((file) => [...readFileSync(join(import.meta.dirname, file), 'utf8').matchAll(/'([A-Z]{3,})'/g)])
    .map(([, name]) => name!.toLowerCase())
  expect([...LIST_COMMANDS].sort()).toEqual([...new Set([...called, 'eval', 'evalsha', 'ping'])].sort())
})
