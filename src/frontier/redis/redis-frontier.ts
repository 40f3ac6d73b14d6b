import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { SkeinError } from '../../errors.ts'
import type { Logger } from '../../log/contract.ts'
import type { RedisLink } from '../../redis/link.ts'
import { systemClock } from '../../util/clock.ts'
import { VERSION } from '../../version.ts'
import type { Frontier, FrontierBackend, Limits, SlotPolicy, WorkerInfo } from '../contract.ts'
import { clearCrawl } from './clear-crawl.ts'
import { CrawlScripts, type ScriptReply } from './crawl-scripts.ts'
import { type CrawlKeys, crawlKeys, encodeSlot } from './redis-keys.ts'
import type { RedisFrontierOptions } from './redis-options.ts'
import { RedisSession } from './redis-session.ts'

/** Version of the keys and what is in them. */
const FORMAT = 1

const NO_LIMITS: Limits = { pages: 0, items: 0, errors: 0, time: 0 }

/** A crawl in Redis. */
export interface RedisBackend extends FrontierBackend {
  connect(worker?: WorkerInfo, lost?: Frontier): Promise<RedisSession>
  /** Ends the connection. Sessions are to be closed before; those that are not run out by themselves. */
  close(): Promise<void>
}

/**
 * A crawl that any number of processes share: one queue, one seen set, one pace per host, one end, in one Redis (>= 7.0, or Valkey).
 *
 * Every step is one script, safe to repeat when its answer was lost; whatever dies, a prefix of what was written is a consistent crawl.
 * `docs/how-it-works.md` shows the keys.
 */
export function redisFrontier(options: RedisFrontierOptions): RedisBackend {
  return new Backend(options)
}

class Backend implements RedisBackend {
  readonly #options: RedisFrontierOptions
  readonly #keys: CrawlKeys
  readonly #sessions = new Set<RedisSession>()
  #scripts: Promise<CrawlScripts> | undefined
  /** An earlier run is thrown away once, not again by the session that takes the place of a lost one. */
  #flush: boolean

  constructor(options: RedisFrontierOptions) {
    this.#options = options
    this.#keys = crawlKeys(options)
    this.#flush = options.flushOnStart
  }

  async connect(worker?: WorkerInfo, lost?: Frontier): Promise<RedisSession> {
    const scripts = await (this.#scripts ??= this.#open())
    const { log } = this.#options
    const who = worker ?? { host: hostname(), pid: process.pid, version: VERSION }
    const id = `${who.host.replaceAll(/[^\w.-]/g, '_')}:${who.pid}:${randomBytes(6).toString('hex')}`
    const [, epoch, how, live, now, control, reason] = await this.#join(
      scripts,
      id,
      who,
      lost instanceof RedisSession ? lost.crawlId : '',
    )
    if (how !== 'created') log.info(describeJoin(this.#options.name, String(how), Number(live)))
    if (control === 'pause' || control === 'drain') log.warn(describeControl(this.#options.name, control, String(reason)))
    const session = new RedisSession({
      id,
      epoch: String(epoch),
      serverTime: Number(now),
      scripts,
      options: this.#options,
      clock: this.#options.clock ?? systemClock,
      onClose: () => this.#sessions.delete(session),
    })
    this.#sessions.add(session)
    return session
  }

  async close(): Promise<void> {
    const scripts = await this.#scripts?.catch(() => undefined)
    if (scripts !== undefined && this.#options.link === undefined) await scripts.link.close()
  }

  async #open(): Promise<CrawlScripts> {
    const { url, ca, force = false, log, dedupe, serverTime } = this.#options
    const link = this.#options.link ?? (await openLinkTo({ url, log, force, ...(ca === undefined ? {} : { ca }) }))
    try {
      const wakeAll = (): void => {
        for (const session of this.#sessions) session.wake()
      }
      const onMessage = (message: string): void => {
        const woken = message === '*' ? undefined : message.split(' ')
        for (const session of this.#sessions) if (woken === undefined || woken.includes(session.id)) session.wake()
      }
      await link.subscribe(this.#keys.wake, onMessage, wakeAll)
      link.onServerChanged(() => {
        for (const session of [...this.#sessions]) session.serverChanged()
      })
    } catch (error) {
      if (this.#options.link === undefined) await link.close()
      throw error
    }
    return new CrawlScripts(link, this.#keys, dedupe, serverTime)
  }

  async #join(scripts: CrawlScripts, id: string, worker: WorkerInfo, epoch: string): Promise<ScriptReply> {
    const options = this.#options
    for (;;) {
      const description = JSON.stringify({
        format: FORMAT,
        name: options.name,
        host: worker.host,
        pid: String(worker.pid),
        version: worker.version,
        callbacks: worker.callbacks === undefined ? '' : JSON.stringify([...worker.callbacks].sort()),
        flush: this.#flush,
        epoch,
        persist: options.persist,
        dedupe: options.dedupe,
        startUrlsType: options.startUrlsType,
        settings: settingsOf(options),
        policies: Object.fromEntries(
          Object.entries(options.slots).map(([name, policy]) => [encodeSlot(name), policyText(policy)]),
        ),
      })
      const reply = await scripts.run(scripts.scripts.join, [randomBytes(8).toString('hex'), id, description])
      if (reply[0] === 0) {
        this.#flush = false
        return reply
      }
      if (reply[0] !== 1) throw refusal(options.name, reply)
      await clearCrawl(scripts, ['', 'all', options.dedupe])
      this.#flush = false
    }
  }
}

async function openLinkTo(options: { url: string; log: Logger; force: boolean; ca?: string }): Promise<RedisLink> {
  const { openLink } = await import('../../redis/open-link.ts')
  return openLink(options)
}

/** The part of a crawl's own hash that settings decide. */
function settingsOf(options: RedisFrontierOptions): Record<string, string> {
  const { slot, limits = NO_LIMITS } = options
  return {
    order: options.order,
    concurrency: String(slot.concurrency),
    delay: String(slot.delay),
    randomize: slot.randomizeDelay ? '1' : '0',
    budget: String(slot.budget ?? 0),
    sessionTtl: String(options.sessionTtl),
    maxDeliveries: String(options.maxDeliveries),
    rps: String(options.maxRequestsPerSecond ?? 0),
    keepAlive: options.keepAlive ? '1' : '0',
    maxIdle: String(options.maxIdle),
    maxPages: String(limits.pages),
    maxItems: String(limits.items),
    maxErrors: String(limits.errors),
    maxTime: String(limits.time),
    maxTimeNoItem: String(limits.timeWithoutItem ?? 0),
    maxPagesNoItem: String(limits.pagesWithoutItem ?? 0),
  }
}

function policyText({ concurrency, delay, randomizeDelay, budget }: Partial<SlotPolicy>): string {
  const randomize = randomizeDelay === undefined ? undefined : Number(randomizeDelay)
  return [concurrency, delay, randomize, budget].map((part) => part ?? '-').join(' ')
}

function describeJoin(name: string, how: string, live: number): string {
  if (how === 'again') return `The crawl ${name} begins again; what it saw before is kept`
  if (how === 'resumed') return `The crawl ${name} was interrupted and goes on where it was`
  return `Joined the crawl ${name}: ${live} other ${live === 1 ? 'worker takes' : 'workers take'} part`
}

/** A worker that has nothing to do because somebody said so must say why. */
function describeControl(name: string, control: 'pause' | 'drain', reason: string): string {
  const why = reason === '' ? '' : ` (${reason})`
  return control === 'pause'
    ? `The crawl ${name} is paused${why}: nothing is fetched until \`skein resume ${name}\``
    : `The crawl ${name} is drained${why}: no seeds are taken, and it finishes when its queue is empty, unless \`skein resume ${name}\` says otherwise`
}

function refusal(name: string, [status, ...what]: ScriptReply): SkeinError {
  switch (status) {
    case -3:
      return new SkeinError(
        'ERR_REDIS_WRONG_TYPE',
        `The key ${what[0]} holds a ${what[2]}, where the crawl ${name} expects a ${what[1]}. Something else uses this name: choose another one with \`job\` or the key's setting, or another database.`,
      )
    case -4:
      return new SkeinError(
        'ERR_CRAWL_FORMAT',
        `The crawl ${name} was written by a version of skein that keeps it in another way (${what[0]}, here it is ${FORMAT}). Finish it with that version, or throw it away with \`skein purge ${name}\`.`,
      )
    case -5:
      return new SkeinError(
        'ERR_CRAWL_DEDUPE',
        `The crawl ${name} keeps what it has seen as \`dedupe: '${what[0]}'\`, which cannot be changed while it runs. Set \`dedupe\` to that, or begin anew with \`flushOnStart\`.`,
      )
    default:
      return new SkeinError(
        'ERR_CRAWL_IN_USE',
        `\`flushOnStart\` would throw away a crawl that ${what[0]} ${what[0] === 1 ? 'worker takes' : 'workers take'} part in. Stop ${what[0] === 1 ? 'it' : 'them'} first (\`skein stop ${name}\`), or start without it to join.`,
      )
  }
}
