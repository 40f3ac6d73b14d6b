import type { Leased } from '../frontier/contract.ts'
import type { Request } from '../http/request.ts'
import { within } from '../util/within.ts'
import { Ends } from './ends.ts'
import type { EngineParts, EngineResult } from './engine-parts.ts'
import { startHeartbeat } from './heartbeat.ts'
import { Pages } from './pages.ts'
import { enqueue } from './seeder.ts'
import { Seeding } from './seeding.ts'

/** Milliseconds that a crawl which ends at once waits for its frontier to take the pages back. */
const PATIENCE = 5_000

/**
 * The loop: lease → download → scrape → store → commit; and how it begins, waits, and comes to its end.
 *
 * What becomes of a page from its lease to its commit is in {@link Pages}.
 */
export class Engine {
  readonly #parts: EngineParts
  readonly #ends: Ends
  readonly #seeding: Seeding
  readonly #pages: Pages
  readonly #over: Promise<EngineResult>
  #resolveOver!: (result: EngineResult) => void
  #closing: string | undefined
  #ended = false
  /** The crawl ends now, whatever is under way. */
  #abandoned = false
  #draining = false
  #pumping = false
  #pumpAgain = false
  /** The state of the crawl is to be asked for even where there is no room for another page. */
  #look = false
  /** What holds the pump back is over as soon as a page is. */
  #held = false
  /** A handler of `spiderIdle` wants the crawl to be kept open until then. */
  #openUntil = 0
  #cancelSleep = () => {}
  #cancelGrace: (() => void) | undefined
  readonly #leased

  constructor(parts: EngineParts) {
    this.#parts = parts
    this.#ends = new Ends(parts)
    this.#seeding = new Seeding(parts, this.#ends, { scheduled: this.#scheduled, close: (reason) => this.#stopCrawl(reason) })
    this.#pages = new Pages(parts, this.#ends, {
      stopCrawl: (reason) => this.#stopCrawl(reason),
      committing: () => void this.#pump(),
      committed: () => {
        this.#seeding.progressed()
        this.#roomAgain()
      },
      dropped: () => this.#roomAgain(),
      fail: (reason, error) => this.#fail(reason, error),
    })
    this.#over = new Promise((resolve) => {
      this.#resolveOver = resolve
    })
    this.#leased = parts.stats.counter('scheduler/dequeued')
  }

  /** Runs the crawl to its end. Never rejects. Afterwards this engine holds no lease. */
  async run(): Promise<EngineResult> {
    const { frontier, clock, log, sessionTtl, settings, signals, spiderName } = this.#parts
    const stopBeating = startHeartbeat({
      beat: () => this.#guard(() => this.#beat()),
      interval: sessionTtl / 3,
      ttl: sessionTtl,
      cutOff: () => this.#cutOff(),
      clock,
      log,
    })
    frontier.onWake(() => this.#lookAgain())
    frontier.onLost(() => this.#lost())
    await signals.emit('engineStarted', { spider: spiderName })
    void this.#seed()
    const result = await this.#over
    stopBeating()
    this.#cancelSleep()
    this.#cancelGrace?.()
    signals.hurry(settings.shutdownGrace * 1000, clock)
    if (this.#abandoned) await within(this.#pages.settled(), PATIENCE, clock)
    else await this.#pages.settled()
    await signals.emit('engineStopped', { spider: spiderName, reason: result.reason })
    return result
  }

  /** Ends the crawl in good order: no page is started any more, those in flight are finished. The first reason stays. */
  close(reason: string): void {
    this.#closing ??= reason
    this.#seeding.close()
    void this.#pump()
  }

  /** The spider asked for the end: of the crawl, on every worker. */
  #stopCrawl(reason: string): void {
    const { frontier } = this.#parts
    this.close(reason)
    if (frontier.shared) void this.#guard(() => frontier.stop(reason))
  }

  /** As `close('shutdown')`, but pages that are not finished after `shutdownGrace` seconds are given back. */
  shutDown(): void {
    this.#startGrace()
    this.close('shutdown')
  }

  #startGrace(): void {
    const { clock, settings, signals } = this.#parts
    const grace = settings.shutdownGrace * 1000
    this.#cancelGrace ??= clock.after(grace, () => void this.abandon())
    signals.hurry(grace, clock)
  }

  /** Gives back every page in flight, and ends the crawl now. */
  async abandon(): Promise<void> {
    const { clock, signals } = this.#parts
    this.#closing ??= 'shutdown'
    signals.hurry(PATIENCE, clock)
    this.#abandoned = true
    await this.#guard(() => this.#giveBack())
    this.#end({ reason: this.#closing })
  }

  async #beat(): Promise<void> {
    await this.#parts.frontier.beat()
    if (this.#ended) return
    // the worker that was seeding may have died
    void this.#seed()
    this.#seeding.progressed()
    this.#lookAgain()
  }

  async #seed(): Promise<void> {
    await this.#guard(() => this.#seeding.claim())
    void this.#pump()
  }

  /** The session is gone, and with it what it held. */
  #lost(): void {
    if (this.#ended) return
    this.#parts.stats.inc('frontier/session_lost_count')
    this.#pages.forget()
    this.#seeding.forget()
    void this.#seed()
  }

  /** Nothing was heard of the frontier for so long that others may have our pages by now: no host is to be asked by both. */
  #cutOff(): void {
    if (this.#ended || !this.#parts.frontier.shared) return
    const { frontier, log, sessionTtl, stats } = this.#parts
    stats.inc('frontier/cut_off_count')
    log.warn(
      `The frontier has not answered for ${sessionTtl / 1000} s; pages in flight are given up, and the crawl goes on when it answers again`,
    )
    const leases = this.#pages.forget()
    void this.#guard(() => frontier.release(leases))
  }

  readonly #scheduled = async (
    requests: readonly Request[],
    duplicates: readonly number[],
    overBudget?: readonly number[],
  ): Promise<void> => {
    await this.#ends.scheduled(requests, duplicates, overBudget)
    if (requests.length > duplicates.length) void this.#pump()
  }

  #lookAgain(): void {
    this.#look = true
    void this.#pump()
  }

  #roomAgain(): void {
    if (this.#held) void this.#pump()
  }

  /** Starts what may be started. One runs at a time; asked again meanwhile, it goes round once more. */
  async #pump(): Promise<void> {
    this.#pumpAgain = true
    if (this.#pumping) return
    this.#pumping = true
    try {
      while (this.#pumpAgain && !this.#ended) {
        this.#pumpAgain = false
        await this.#lease()
      }
    } catch (error) {
      await this.#fail('frontier_error', error)
    }
    // no await between the last look at #pumpAgain and this: whoever asks from now on finds nobody pumping
    this.#pumping = false
  }

  async #lease(): Promise<void> {
    const { frontier, signals, spiderName } = this.#parts
    this.#held = false
    if (this.#closing !== undefined) {
      if (this.#pages.busy) this.#held = true
      // start() may be waiting for something that never comes
      else if (this.#seeding.active) this.#startGrace()
      else this.#end({ reason: this.#closing })
      return
    }
    const room = this.#pages.room()
    if (room === 0 && !this.#look) {
      this.#held = true
      return
    }
    this.#look = false
    const leased = await frontier.lease(room)
    const { leases, nextAt, state } = leased
    // closed while we waited
    if (this.#closing !== undefined) return frontier.release(leases).then(() => void (this.#pumpAgain = true))
    this.#pages.begin(leases)
    this.#leased.add(leases.length)
    this.#lookAt(nextAt)
    if (leases.length < room && (state === 'active' || state === 'empty') && signals.has('schedulerEmpty'))
      await signals.emit('schedulerEmpty', { spider: spiderName })
    await this.#heed(leased)
  }

  /** Looks at the frontier again at that time; undefined: when something happens. */
  #lookAt(time: number | undefined): void {
    const { clock } = this.#parts
    this.#cancelSleep()
    if (time !== undefined) this.#cancelSleep = clock.after(Math.max(0, time - clock.now()), () => this.#lookAgain())
  }

  /** Does what the state of the crawl asks for. */
  async #heed({ state, reason = 'stopped', draining = false, nextAt }: Leased): Promise<void> {
    if (draining && !this.#draining) {
      this.#draining = true
      void this.#guard(() => this.#seeding.drain()).then(() => void this.#pump())
    }
    if (state === 'stopped') this.close(reason)
    else if (state === 'finished') this.#finished()
    else if (state === 'empty' && !this.#seeding.active) {
      if (this.#pages.busy) this.#held = true
      else await this.#idle(nextAt)
    }
  }

  /** Nothing is left to do. `nextAt`: when the frontier is to be asked again in any case. */
  async #idle(nextAt = Number.POSITIVE_INFINITY): Promise<void> {
    const { frontier, signals, spiderName, clock } = this.#parts
    const isKeptOpen = (): boolean => clock.now() < this.#openUntil
    let close: string | undefined
    if (!isKeptOpen() && !this.#draining && this.#closing === undefined) {
      await signals.emit('spiderIdle', {
        spider: spiderName,
        enqueue: (requests) => enqueue(requests, { frontier, scheduled: this.#scheduled }),
        keepOpen: (seconds) => void (this.#openUntil = Math.max(this.#openUntil, clock.now() + openFor(seconds))),
        close: (reason) => void (close ??= reason),
      })
    }
    if (isKeptOpen() && !this.#draining) this.#lookAt(Math.min(this.#openUntil, nextAt))
    else if (close !== undefined) this.#stopCrawl(close)
    else if (this.#closing === undefined && (await frontier.finish())) this.#finished()
    else this.#pumpAgain = true
  }

  #finished(): void {
    const { error } = this.#seeding
    this.#end(error === undefined ? { reason: 'finished' } : { reason: 'start_error', error })
  }

  /** Runs a step of the frontier; an error of it ends the crawl, and every page in flight is given back. */
  async #guard(step: () => Promise<void>): Promise<void> {
    try {
      await step()
    } catch (error) {
      await this.#fail('frontier_error', error)
    }
  }

  async #fail(reason: string, error: unknown): Promise<void> {
    if (this.#ended) return
    this.#closing = reason
    this.#abandoned = true
    this.#end({ reason, error })
    this.#parts.log.error(`The crawl cannot go on: ${error instanceof Error ? error.message : String(error)}`, { error })
    try {
      await this.#giveBack()
    } catch (cause) {
      this.#parts.log.error('Pages in flight could not be given back; their leases run out by themselves', { error: cause })
    }
  }

  async #giveBack(): Promise<void> {
    const { frontier, clock, log } = this.#parts
    const leases = this.#pages.forget()
    if (!(await within(frontier.release(leases), PATIENCE, clock)))
      log.warn('The frontier does not answer: pages in flight could not be given back; their leases run out by themselves')
  }

  #end(result: EngineResult): void {
    if (this.#ended) return
    this.#ended = true
    this.#seeding.close()
    this.#resolveOver(result)
  }
}

/** Milliseconds for which an idle crawl is kept open. A moment at least: a handler that says 0 is not to be asked all the time. */
function openFor(seconds = 5): number {
  return 1000 * (seconds >= 0 ? Math.max(seconds, 0.01) : 5)
}
