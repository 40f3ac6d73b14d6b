import { resolve } from 'node:path'
import { type Fault, type SiteStats, type ZhihuSite, zhihuSite } from '../../src/testing/index.ts'
import { type Ended, Folder, type Running } from '../support/cli.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'

const example = resolve(import.meta.dirname, '../../examples/zhihu')

/** One request in a hundred goes wrong, in one of five ways. */
const FAULTS: readonly Fault[] = [
  { kind: 'status', statuses: [429, 500, 503], probability: 0.002 },
  { kind: 'reset', probability: 0.002 },
  { kind: 'truncated-body', probability: 0.002 },
  { kind: 'truncated-json', probability: 0.002 },
  { kind: 'captcha', probability: 0.002 },
]

/** How a fleet crawls the look-alike of Zhihu, and what happens to it. */
export interface FleetPlan {
  readonly users: number
  /** Workers at any time. */
  readonly workers: number
  /** Requests a second that the site lets through; workers are told to stay a fifth below. */
  readonly limit: number
  /** The MongoDB that users go to; without one they go to the list of items in Redis. */
  readonly mongo?: string
  /** Told what goes on, at each death. */
  readonly progress?: (text: string) => void
}

/** What a fleet did, as seen from outside of it. */
export interface FleetResult {
  readonly seconds: number
  readonly kills: number
  /** Of the workers that nobody killed. */
  readonly ended: readonly Ended[]
  readonly site: SiteStats
  /** Profiles that can be reached and that nobody asked for. */
  readonly unasked: readonly string[]
}

interface Worker {
  readonly running: Running
  doomed: boolean
}

/** A look-alike of Zhihu, a Redis, and workers that are killed one after the other and replaced. All of it is gone with `await using`. */
export class Fleet implements AsyncDisposable {
  readonly site: ZhihuSite
  readonly redis: RedisServer
  readonly #plan: FleetPlan
  readonly #folder = new Folder({}, example)
  readonly #alive = new Set<Worker>()

  static async open(plan: FleetPlan): Promise<Fleet> {
    const { users, limit } = plan
    const rateLimits = [{ requests: limit, by: 'all' as const }]
    const site = await zhihuSite({
      users,
      rateLimits,
      shiftingLists: true,
      latency: { median: 10 },
      faults: FAULTS,
      logSize: 100,
    })
    return new Fleet(plan, site, await startRedis())
  }

  private constructor(plan: FleetPlan, site: ZhihuSite, redis: RedisServer) {
    this.#plan = plan
    this.site = site
    this.redis = redis
  }

  /** Crawls until every worker that was not killed has ended. `death` resolves when it is time for the `nth` of them to be killed. @default never */
  async crawl(death: (nth: number) => Promise<unknown> = () => new Promise(() => {})): Promise<FleetResult> {
    const { workers, progress = () => {} } = this.#plan
    const began = performance.now()
    const ended: Ended[] = []
    let oneEnded = (): void => {}
    const over = new Promise<void>((resolve) => void (oneEnded = resolve))
    const start = (): void => {
      const worker: Worker = { running: this.#start(), doomed: false }
      this.#alive.add(worker)
      void worker.running.ended.then((how) => {
        this.#alive.delete(worker)
        if (worker.doomed) return
        ended.push(how)
        oneEnded()
      })
    }
    for (let i = 0; i < workers; i++) start()
    let kills = 0
    for (;;) {
      await Promise.race([over, death(kills + 1)])
      const [oldest] = this.#alive
      if (ended.length > 0 || oldest === undefined) break
      oldest.doomed = true
      oldest.running.process.kill('SIGKILL')
      await oldest.running.ended
      kills++
      progress(
        `${kills} killed; ${this.site.stats().requests} requests, ${this.site.stats().urls} of ${this.site.expected.requests} URLs`,
      )
      start()
    }
    await Promise.all([...this.#alive].map(({ running }) => running.ended))
    const seconds = (performance.now() - began) / 1000
    return { seconds, kills, ended, site: this.site.stats(), unasked: this.#unasked() }
  }

  /** Tells every worker to end in good order, as Ctrl-C does. */
  shutDown(): void {
    for (const { running } of this.#alive) running.process.kill('SIGINT')
  }

  /** As somebody would start it on one more machine. */
  #start(): Running {
    const { limit, mongo } = this.#plan
    const settings = {
      maxRequestsPerSecond: Math.floor(limit * 0.8),
      concurrency: 64,
      concurrencyPerSlot: 64,
      sessionTtl: 2,
      retryDelay: 0.05,
      logStatsInterval: 0,
    }
    const given = Object.entries(settings).flatMap(([name, value]) => ['-s', `${name}=${value}`])
    return this.#folder.start(['crawl', 'zhihu', '-a', `api=${this.site.api}`, '-a', `user=${this.site.start}`, ...given], {
      REDIS_URL: this.redis.url,
      ZHIHU_AUTHORIZATION: 'oauth of-nobody',
      ...(mongo === undefined ? {} : { MONGODB_URL: mongo }),
    })
  }

  #unasked(): string[] {
    const asked = new Set(Object.keys(this.site.hits()).map((url) => /\/members\/([^/?]+)\?/.exec(url)?.[1]))
    return this.site.reachable().filter((token) => !asked.has(token))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { running } of this.#alive) running.process.kill('SIGKILL')
    await Promise.all([...this.#alive].map(({ running }) => running.ended))
    await Promise.all([this.site.close(), this.redis.stop()])
  }
}
