import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { linkBench } from '../../test/support/redis-link.ts'
import { NEEDED_COMMANDS } from './check-rights.ts'

/** Words in capitals that are no commands. */
const OPTIONS: ReadonlySet<string> = new Set(['COUNT', 'LIMIT', 'MATCH', 'WITHSCORES'])

it('asks for the right to every command that a script calls, and no other', () => {
  const folders = ['../frontier/redis/lua', './lua'].map((folder) => join(import.meta.dirname, folder))
  // some are chosen when the script runs, so that no name stands in the call itself
  const called = folders
    .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
    .filter((file) => file.endsWith('.lua'))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/'([A-Z_]{3,})'/g)].map((match) => match[1]!))
    .filter((name) => !OPTIONS.has(name))
  expect(called.length).toBeGreaterThan(50)
  const own = ['eval', 'evalsha', 'subscribe', 'ping']
  expect([...NEEDED_COMMANDS].sort()).toEqual([...new Set([...called.map((name) => name.toLowerCase()), ...own])].sort())
})

describe('a user who is limited to the keys of some crawls', () => {
  const bench = linkBench()

  it('is let in, and the server lives on', async () => {
    const redis = await bench.redis()
    const user = (...rules: string[]): Promise<unknown> =>
      redis.cli('ACL', 'SETUSER', 'worker', 'reset', 'on', '>secret', '~{books}:*', '&{books}:*', ...rules)
    const url = `redis://worker:secret@127.0.0.1:${redis.port}`
    await user('+info', ...NEEDED_COMMANDS.map((name) => `+${name}`))
    const before = await redis.info('run_id')
    await bench.open(url)
    await user('+@all', '-rpop', '-hincrbyfloat')
    await expect(bench.open(url)).rejects.toMatchObject({
      code: 'ERR_REDIS_RIGHTS',
      message: expect.stringMatching(/may not call hincrbyfloat, rpop\./),
    })
    expect(await redis.info('run_id')).toBe(before)
    expect(await redis.cli('DBSIZE')).toBe(0)
  })
})
