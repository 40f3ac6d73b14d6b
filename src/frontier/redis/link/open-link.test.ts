import { afterEach, describe, expect, it } from 'vitest'
import { type RedisServer, startRedis } from '../../../../test/support/redis-server.ts'
import type { RedisLink } from '../link.ts'
import { luaScript } from '../lua-script.ts'
import { openLink } from './open-link.ts'

const lines: string[] = []
const say = (message: string): void => void lines.push(message)
const log = { debugEnabled: false, debug: say, info: say, warn: say, error: say }

const incr = luaScript('incr', ["return redis.call('INCRBY', KEYS[1], ARGV[1])"])

describe('openLink', () => {
  const ends: (() => Promise<unknown>)[] = []
  const redis = async (...args: Parameters<typeof startRedis>): Promise<RedisServer> => {
    const server = await startRedis(...args)
    ends.unshift(() => server.stop())
    return server
  }
  const open = async (url: string, more: object = {}): Promise<RedisLink> => {
    const link = await openLink({ url, log, ...more })
    ends.unshift(() => link.close())
    return link
  }
  afterEach(async () => {
    lines.length = 0
    for (const end of ends.splice(0)) await end()
  })

  it('runs scripts that the server does not know yet', async () => {
    const server = await redis()
    const link = await open(server.url)
    expect(await Promise.all([1, 2, 3].map((by) => link.run(incr, ['a'], [String(by)])))).toEqual([1, 3, 6])
    await server.cli('SCRIPT', 'FLUSH')
    expect(await link.run(incr, ['a'], ['4'])).toBe(10)
    expect(await link.command('a', ['GET', 'a'])).toBe('10')
  })

  it('goes on when the server was killed and is back, and says first that it is another', async () => {
    const server = await redis()
    const link = await open(server.url)
    const seen: unknown[] = []
    link.onServerChanged(() => seen.push('changed'))
    seen.push(await link.run(incr, ['a'], ['5']))
    await server.kill('SIGKILL')
    const calls = [1, 2, 3].map((by) => link.run(incr, ['a'], [String(by)]).then((reply) => seen.push(reply)))
    await server.restart()
    await Promise.all(calls)
    expect(seen).toEqual([5, 'changed', 1, 3, 6])
  })
})
