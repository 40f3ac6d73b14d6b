import { afterEach } from 'vitest'
import type { Logger } from '../../src/log/contract.ts'
import type { RedisLink } from '../../src/redis/link.ts'
import type { LuaScript } from '../../src/redis/lua-script.ts'
import { luaScript } from '../../src/redis/lua-script.ts'
import { type LinkOptions, openLink } from '../../src/redis/open-link.ts'
import { type RedisOptions, type RedisServer, startRedis } from './redis-server.ts'
import { startProxy, type TcpProxy } from './tcp-proxy.ts'

/** Adds ARGV[1] to KEYS[1]. */
export const add: LuaScript = luaScript('add', ["return redis.call('INCRBY', KEYS[1], ARGV[1])"])

/** What a test of the link needs; all of it is ended after each test. */
export interface LinkBench {
  /** `level message`, in the order in which they were said. */
  readonly said: string[]
  readonly log: Logger
  redis(options?: RedisOptions): Promise<RedisServer>
  proxy(port: number): Promise<TcpProxy>
  open(url: string, options?: Partial<LinkOptions>): Promise<RedisLink>
  /** Called after the test, the last first. */
  atEnd(end: () => Promise<unknown>): void
}

export function linkBench(): LinkBench {
  const said: string[] = []
  const ends: (() => Promise<unknown>)[] = []
  const say = (level: string) => (message: string) => void said.push(`${level} ${message}`)
  const log: Logger = { debugEnabled: true, debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
  const keep = <Value>(value: Value, end: (value: Value) => Promise<unknown>): Value => {
    ends.unshift(() => end(value))
    return value
  }
  afterEach(async () => {
    said.length = 0
    for (const end of ends.splice(0)) await end()
  })
  return {
    said,
    log,
    redis: async (options) => keep(await startRedis(options), (server) => server.stop()),
    proxy: async (port) => keep(await startProxy(port), (proxy) => proxy.close()),
    open: async (url, options) => keep(await openLink({ url, log, ...options }), (link) => link.close()),
    atEnd: (end) => void ends.unshift(end),
  }
}
