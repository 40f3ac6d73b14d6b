import { afterAll, beforeAll } from 'vitest'
import type { FrontierOptions } from '../../src/frontier/contract.ts'
import { type RedisBackend, redisFrontier } from '../../src/frontier/redis/redis-frontier.ts'
import type { RedisFrontierOptions } from '../../src/frontier/redis/redis-options.ts'
import type { Logger } from '../../src/log/contract.ts'
import type { RedisLink } from '../../src/redis/link.ts'
import { openLink } from '../../src/redis/open-link.ts'
import { freeOptions } from '../conformance/frontier.ts'
import { FakeClock } from './fake-clock.ts'
import { type RedisServer, startRedis } from './redis-server.ts'

/** A server for the tests of one file, and crawls on it that have a clock of the test's. */
export interface RedisBench {
  readonly server: RedisServer
  readonly link: RedisLink
  /** What was logged since the test began: `warn text`. */
  readonly log: string[]
  readonly clock: FakeClock
  /** A crawl; of a name of its own where none is given. */
  backend(options?: Partial<RedisFrontierOptions> & Partial<FrontierOptions>): RedisBackend
  /** The name of the crawl that `backend` made last. */
  readonly name: string
}

/** Starts a server before all tests of the file that calls this, and ends it after them. */
export function redisBench(): RedisBench {
  let server: RedisServer | undefined
  let link: RedisLink | undefined
  let count = 0
  let name = ''
  const lines: string[] = []
  const write = (level: string) => (message: string) => void lines.push(`${level} ${message}`)
  const log: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    debugEnabled: false,
  }
  const clock = new FakeClock()
  beforeAll(async () => {
    server = await startRedis()
    link = await openLink({ url: server.url, log })
  })
  afterAll(async () => {
    await link?.close()
    await server?.stop()
  })
  return {
    get server() {
      return server!
    },
    get link() {
      return link!
    },
    get name() {
      return name
    },
    log: lines,
    clock,
    backend(options = {}) {
      name = options.name ?? `crawl-${++count}`
      return redisFrontier({
        ...freeOptions,
        url: server!.url,
        keys: { startUrls: '%(name)s:start_urls', items: '%(spider)s:items', dupefilter: '%(spider)s:dupefilter' },
        persist: false,
        flushOnStart: false,
        keepAlive: false,
        maxIdle: 0,
        dedupe: 'compact',
        startUrlsType: 'list',
        log,
        clock,
        serverTime: () => (options.clock ?? clock).now(),
        link: link!,
        ...options,
        name,
      })
    },
  }
}
