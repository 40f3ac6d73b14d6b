import { DownloadError } from '../errors.ts'
import type { SlotChange } from '../frontier/contract.ts'
import type { CallbackResolver } from '../http/callback.ts'
import type { Request } from '../http/request.ts'
import type { Response } from '../http/response.ts'
import type { Settings } from '../settings/settings.ts'
import { slotDelay } from '../settings/slot-delay.ts'
import type { CrawlSignals } from '../signals/contract.ts'
import type { Stats } from '../stats/stats.ts'
import type { Clock } from '../util/clock.ts'

/** Slots whose changes are remembered; those beyond are held to the settings. */
const MAX_SLOTS = 10_000

/** What inline downloads are made of. */
export interface InlineParts {
  readonly download: (request: Request) => Promise<Response>
  readonly slotOf: (request: Request) => string
  /** Tells the frontier how to treat a slot. */
  readonly changeSlot: (slot: string, change: SlotChange) => Promise<void>
  readonly callbacks: CallbackResolver
  readonly settings: Pick<Settings, 'slots' | 'delay' | 'concurrencyPerSlot'>
  readonly stats: Stats
  readonly signals: CrawlSignals
  readonly clock: Clock
}

/** The inline downloads of one slot that are running or wait. */
interface Line {
  running: number
  readonly waiting: (() => void)[]
}

/**
 * Downloads beside the queue, for callbacks that need another answer to finish their page.
 *
 * They are as polite as can be without a place in the queue: of one slot as many run at once as its concurrency allows, and where it has a delay, each
 * keeps that distance to what this worker started there before, and moves what the queue starts next away by as much, for all workers. Two workers
 * that download inline from one slot do not know of each other.
 */
export class InlineDownloads {
  readonly #parts: InlineParts
  readonly #received
  readonly #lines = new Map<string, Line>()
  /** What slots were told beyond the settings (Crawl-delay, Retry-After, AutoThrottle). */
  readonly #changes = new Map<string, SlotChange>()
  /** Those that wait for their time, or for a place. */
  readonly #waiting = new Set<(reason: DownloadError) => void>()
  #closed = false

  constructor(parts: InlineParts) {
    this.#parts = parts
    this.#received = parts.stats.counter('response_received_count')
  }

  /** Somebody told the frontier how to treat a slot. */
  changed(slot: string, change: SlotChange): void {
    const before = this.#changes.get(slot)
    const blockedUntil = Math.max(before?.blockedUntil ?? 0, change.blockedUntil ?? 0)
    this.#changes.set(slot, { ...before, ...change, blockedUntil })
    if (this.#changes.size > MAX_SLOTS) this.#changes.delete(this.#changes.keys().next().value!)
  }

  /** Rejects with what the chain of middlewares rejects with: DownloadError, IgnoreRequest (robots.txt is obeyed). */
  async download(request: Request): Promise<Response> {
    const slot = this.#parts.slotOf(request)
    const line = this.#lines.get(slot) ?? { running: 0, waiting: [] }
    this.#lines.set(slot, line)
    if (line.running < this.#concurrencyOf(slot)) line.running++
    // whoever leaves hands its place on
    else await this.#unlessAborted(request, (go) => inLine(line.waiting, go))
    try {
      await this.#wait(request, slot)
      return await this.#fetch(request)
    } finally {
      const next = line.waiting.shift()
      if (next !== undefined) next()
      else if (--line.running === 0) this.#lines.delete(slot)
    }
  }

  /** Those that wait fail with `ERR_ABORTED`; others may follow. */
  abort(): void {
    for (const reject of [...this.#waiting]) reject(new DownloadError('ERR_ABORTED', 'the download was aborted'))
  }

  /** As `abort`, and those that are asked for from now on. */
  close(): void {
    this.#closed = true
    this.abort()
  }

  async #fetch(request: Request): Promise<Response> {
    const { download, callbacks, signals } = this.#parts
    const response = await download(request)
    this.#received.add()
    response.callbacks = callbacks
    if (signals.has('responseReceived')) await signals.emit('responseReceived', { response, request })
    return response
  }

  #concurrencyOf(slot: string): number {
    const { slots, concurrencyPerSlot } = this.#parts.settings
    const { cap = 0, concurrency = slots[slot]?.concurrency ?? concurrencyPerSlot } = this.#changes.get(slot) ?? {}
    return cap > 0 ? Math.min(cap, concurrency) : concurrency
  }

  /** Waits until this may start, and has the queue wait behind it. */
  async #wait(request: Request, slot: string): Promise<void> {
    const { clock, changeSlot, settings } = this.#parts
    const { blockedUntil = 0, delay = slotDelay(settings, slot) } = this.#changes.get(slot) ?? {}
    const now = clock.now()
    if (delay === 0 && blockedUntil <= now) return
    // what the queue started last, it started before now
    const start = Math.max(now + delay, blockedUntil)
    this.changed(slot, { blockedUntil: start + delay })
    await changeSlot(slot, { blockedUntil: start + delay })
    await this.#unlessAborted(request, (go) => clock.after(Math.max(0, start - clock.now()), go))
  }

  /** Waits for `go`; what `begin` gives takes it back. */
  #unlessAborted(request: Request, begin: (go: () => void) => () => void): Promise<void> {
    if (this.#closed) throw new DownloadError('ERR_ABORTED', `${request}: aborted because the crawl is over`)
    return new Promise((resolve, reject) => {
      const aborted = (reason: DownloadError): void => {
        this.#waiting.delete(aborted)
        takeBack()
        reject(reason)
      }
      const takeBack = begin(() => {
        this.#waiting.delete(aborted)
        resolve()
      })
      this.#waiting.add(aborted)
    })
  }
}

/** Puts one at the end of a line; what it returns takes it out again. */
function inLine<T>(line: T[], one: T): () => void {
  line.push(one)
  return () => void line.splice(line.indexOf(one), 1)
}
