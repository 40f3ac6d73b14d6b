import { type Ended, Folder, type Running } from '../support/cli.ts'
import { type RedisOptions, type RedisServer, startRedis } from '../support/redis-server.ts'
import { ChaosSite, type SitePlan } from './site.ts'
import { type Command, type Snapshot, snapshot } from './snapshot.ts'
import { type SpiderPlan, spiderSource } from './spider-source.ts'

/** Settings of every worker: sessions that are short enough to be waited for, and hosts with a pace that can be checked. */
const SETTINGS: Readonly<Record<string, string | number | boolean>> = {
  redisItems: true,
  // the keys are looked at when the crawl is over
  persist: true,
  sessionTtl: 2,
  obeyRobotsTxt: false,
  concurrencyPerSlot: 4,
  delay: 0.02,
  randomizeDelay: false,
  retryDelay: 0.1,
  logStatsInterval: 0,
}

/** Milliseconds between two looks at the keys of a crawl that runs. */
const WATCH_INTERVAL = 250

/** What a row needs. */
export interface ArenaPlan {
  readonly site: SitePlan
  readonly spider?: SpiderPlan
  readonly settings?: Readonly<Record<string, string | number | boolean>>
  readonly redis?: RedisOptions
  /** False where requests come that pass the seen set by, so that it says nothing of how many there are. @default true */
  readonly whole?: boolean
  /** A server that is there already, in place of one of the arena's own. */
  readonly server?: { readonly url: string; readonly command: Command }
  /** @default `<name>:items` */
  readonly itemsKey?: string
  /** Told what is going on, once a second. */
  readonly progress?: (text: string) => void
}

/** How one worker is started. */
export interface WorkerPlan {
  /** @default the arena's */
  readonly redis?: string
  readonly settings?: Readonly<Record<string, string | number | boolean>>
  readonly env?: Readonly<Record<string, string>>
  /** Whether `start()` gives page 0. @default true */
  readonly seeds?: boolean
  /** The file of its spider. @default 'spider.ts' */
  readonly file?: string
}

/** A worker: a process that was started as a user would. */
export interface Worker {
  readonly pid: number
  readonly running: Running
  /** Set when it has ended. */
  ended: (Ended & { readonly signal: NodeJS.Signals | null }) | undefined
  /** This worker was killed or broke down as the row wanted it: how it ended says nothing. */
  doomed: boolean
}

/** A site, a Redis, a spider, and workers that crawl: what a row breaks something of. All of it is gone with `await using`. */
export class Arena implements AsyncDisposable {
  readonly site: ChaosSite
  readonly folder: Folder
  readonly workers: Worker[] = []
  readonly plan: ArenaPlan
  /** What the watch found wrong while the crawl ran, each thing once. */
  readonly troubles = new Set<string>()
  /** What workers are told. A row that puts something in between changes it. */
  url: string
  command: Command
  /** Keys are not looked at: there is no server, or none that is to be asked. */
  blind = false
  readonly #redis: RedisServer | undefined
  #watch: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined

  static async open(plan: ArenaPlan): Promise<Arena> {
    const site = await ChaosSite.open(plan.site)
    const redis = plan.server === undefined ? await startRedis(plan.redis) : undefined
    return new Arena(plan, site, redis)
  }

  private constructor(plan: ArenaPlan, site: ChaosSite, redis: RedisServer | undefined) {
    this.plan = plan
    this.site = site
    this.#redis = redis
    this.url = redis?.url ?? plan.server!.url
    this.command = redis?.cli ?? plan.server!.command
    this.folder = new Folder({ 'spider.ts': spiderSource(plan.spider) })
    this.#watch = setInterval(() => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined
      })
    }, WATCH_INTERVAL)
  }

  /** The server that the arena started. */
  get redis(): RedisServer {
    return this.#redis!
  }

  get crawl(): string {
    const { name = 'chaos' } = this.plan.spider ?? {}
    const job = this.plan.settings?.['job']
    return job === undefined ? name : `${name}.${job}`
  }

  get itemsKey(): string {
    return this.plan.itemsKey ?? `${this.crawl}:items`
  }

  /** Starts a worker. It may take half a second until it takes part: wait for the site or for what it says. */
  start(plan: WorkerPlan = {}): Worker {
    const settings = { ...SETTINGS, redis: plan.redis ?? this.url, ...this.plan.settings, ...plan.settings }
    const args = Object.entries(settings).flatMap(([name, value]) => ['-s', `${name}=${value}`])
    const running = this.folder.start(
      ['run', plan.file ?? 'spider.ts', '-a', `start=${plan.seeds === false ? '' : this.site.url(0)}`, ...args],
      plan.env ?? {},
    )
    const worker: Worker = { pid: running.process.pid!, running, ended: undefined, doomed: false }
    void running.ended.then((ended) => {
      worker.ended = { ...ended, signal: running.process.signalCode }
    })
    this.workers.push(worker)
    return worker
  }

  startMany(count: number, plan?: WorkerPlan): Worker[] {
    return Array.from({ length: count }, () => this.start(plan))
  }

  /** Workers that have not ended. */
  get living(): Worker[] {
    return this.workers.filter(({ ended }) => ended === undefined)
  }

  /** Kills a worker, as a machine dies. Resolves when it is gone. */
  async kill(worker: Worker, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    worker.doomed = signal === 'SIGKILL' || worker.doomed
    worker.running.process.kill(signal)
    await worker.running.ended
  }

  snapshot(): Promise<Snapshot> {
    return snapshot(this.command, this.crawl, this.itemsKey, this.plan.whole ?? true)
  }

  /** Waits until the site was asked for that many pages. Throws when no worker is left to ask. */
  async reached(pages: number): Promise<void> {
    const reached = this.site.reached(pages)
    while (!(await Promise.race([reached.then(() => true), pause(200).then(() => false)]))) {
      if (this.living.length > 0) continue
      const last = this.workers.at(-1)?.ended?.stderr.slice(-1000)
      throw new Error(`all workers have ended, and only ${this.site.asked} of ${pages} pages were asked for: ${last}`)
    }
  }

  /** Waits until the keys are so. Throws after `deadline` ms. */
  async until(what: string, check: (now: Snapshot) => boolean, deadline = 30_000): Promise<Snapshot> {
    const end = performance.now() + deadline
    for (;;) {
      const now = await this.snapshot()
      if (check(now)) return now
      if (performance.now() > end) throw new Error(`waited ${deadline} ms in vain: ${what}; ${this.describe(now)}`)
      await pause(25)
    }
  }

  /** Waits until every worker has ended. Those that are left after `deadline` ms are killed, and told of. */
  async over(deadline = 120_000): Promise<void> {
    const end = performance.now() + deadline
    while (this.living.length > 0) {
      if (performance.now() > end) {
        const now = await this.snapshot().catch(() => undefined)
        const last = this.living.map(({ pid, running }) => `${pid}: ${lastLines(running)}`)
        for (const worker of this.living) await this.kill(worker)
        throw new Error(
          `not over after ${deadline / 1000} s; ${now === undefined ? '' : this.describe(now)}; ${last.join(' | ')}`,
        )
      }
      await Promise.race([Promise.race(this.living.map(({ running }) => running.ended)), pause(1000)])
      this.plan.progress?.(this.#progress())
    }
  }

  describe({ state, queued, delayed, leased, held, done, dead, items, workers }: Snapshot): string {
    return `crawl ${state}: ${queued} queued, ${delayed} delayed, ${leased} leased, ${held} held, ${done} done, ${dead} dead, ${items} items, ${workers} workers; ${this.site.asked} pages asked for`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#watch)
    for (const { running, ended } of this.workers) if (ended === undefined) running.process.kill('SIGKILL')
    await Promise.all(this.workers.map(({ running }) => running.ended))
    await this.#looking
    await this.#redis?.stop()
    await this.site[Symbol.asyncDispose]()
    this.folder.remove()
  }

  async #look(): Promise<void> {
    this.plan.progress?.(this.#progress())
    if (this.blind) return
    // a server that does not answer is what a row may be about
    const now = await this.snapshot().catch(() => undefined)
    if (now === undefined || this.blind || !now.exists) return
    for (const problem of now.problems) this.troubles.add(`while it ran: ${problem}`)
  }

  #progress(): string {
    return `${this.site.asked} of ${this.site.pages} pages asked for, ${this.living.length} workers`
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function lastLines({ said }: Running): string {
  return said().trimEnd().split('\n').slice(-3).join(' / ')
}
