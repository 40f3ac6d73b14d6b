import { createHash } from 'node:crypto'
import { DownloadError, DropItem, IgnoreRequest, SkeinError } from '../../errors.ts'
import { Request } from '../../http/request.ts'
import type { Response } from '../../http/response.ts'
import { checkKey, portableKey } from '../../storage/object-key.ts'
import { openObjectStore } from '../../storage/open-object-store.ts'
import { Budget } from '../../util/budget.ts'
import { RecentMap } from '../../util/recent-map.ts'
import type { Item, ItemInfo, Pipeline, PipelineContext } from '../contract.ts'
import { MediaFailure } from './media-failure.ts'
import type { Developed, MediaKind } from './media-kind.ts'
import { urlName } from './media-names.ts'
import type { MediaOptions, MediaResult } from './media-options.ts'
import { mediaRequests, shownRequest } from './media-requests.ts'
import { PatientStore } from './patient-store.ts'

const DAY = 24 * 60 * 60 * 1000
const EXPIRES = 90
const CONCURRENCY = 8
/** Files whose results are remembered: at least the last half of so many. */
const MAX_RECENT = 10_000

/** What came of a file: a result, or why it is not to be had. */
type Outcome = MediaResult | MediaFailure | DownloadError | IgnoreRequest

/** What a pipeline has once it is open. */
interface Opened {
  readonly context: PipelineContext
  readonly store: PatientStore
  /** Bytes of bodies that are in memory and not stored yet. */
  readonly bodies: Budget
}

/**
 * Fetches what items name and keeps it in a store. An item goes on when all its files are stored, so that a page is committed after them; a
 * page that is done again finds them, or stores the same under the same names.
 */
export class MediaPipeline<In extends Item> implements Pipeline<In> {
  readonly name: string
  readonly #kind: MediaKind
  readonly #options: MediaOptions<In>
  readonly #urlsField: string
  readonly #resultField: string
  /** Milliseconds for which what is in the store will do. */
  readonly #fresh: number
  /** Files on their way: whoever wants the same waits for the same. */
  readonly #running = new Map<string, Promise<Outcome>>()
  readonly #recent = new RecentMap<string, Outcome>(MAX_RECENT)
  #opened: Opened | undefined

  constructor(kind: MediaKind, options: MediaOptions<In>) {
    this.name = kind.name
    this.#kind = kind
    this.#options = options
    this.#urlsField = options.urlsField ?? kind.urlsField
    this.#resultField = options.resultField ?? kind.resultField
    this.#fresh = options.dedupe === 'checksum' ? 0 : (options.expires ?? EXPIRES) * DAY
  }

  async open(context: PipelineContext): Promise<void> {
    await this.#kind.open?.()
    const place = await openObjectStore(this.#options.store, this.#options.s3, context.clock)
    try {
      await place.check()
      // it may be that one may write, and not look
      if (this.#looks) await place.stat('full/skein')
    } catch (error) {
      await place.close()
      throw error
    }
    const bodies = new Budget(context.settings.maxActiveBytes)
    this.#opened = { context, store: new PatientStore(this.name, place, context), bodies }
  }

  async process(item: In, info: ItemInfo): Promise<In> {
    const wanted = mediaRequests(item, this.#urlsField, info)
    if (wanted === undefined) return item
    const places = new Budget(this.#options.concurrency ?? CONCURRENCY)
    const settled = await Promise.allSettled(
      wanted.map(async (one) => {
        if (one instanceof MediaFailure) return one
        await places.take(1)
        try {
          return await this.#shared(one, item, info)
        } finally {
          places.free(1)
        }
      }),
    )
    const broken = settled.find((one) => one.status === 'rejected')
    if (broken !== undefined) throw broken.reason
    const outcomes = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const results = outcomes.filter((one) => !(one instanceof Error))
    this.#tell(outcomes, info)
    const fields = item as Record<string, unknown>
    // a feed could not write a request
    const listed: unknown = fields[this.#urlsField]
    if (Array.isArray(listed) && listed.some((one) => one instanceof Request))
      fields[this.#urlsField] = listed.map((one: unknown) => (one instanceof Request ? one.url : one))
    else if (listed instanceof Request) fields[this.#urlsField] = listed.url
    // many items may share one file, and each may do with its result as it likes
    fields[this.#resultField] = results.map((result) => ({ ...result }))
    return item
  }

  /** Everything was stored as it came; but where nothing can be stored any more, nothing is to be committed. */
  flush(): void {
    const broken = this.#opened?.store.broken
    if (broken !== undefined) throw broken
  }

  async close(): Promise<void> {
    await this.#opened?.store.close()
  }

  get #looks(): boolean {
    return this.#fresh > 0 || this.#options.dedupe === 'checksum'
  }

  /** Counts and logs what came, and does with the item what `onFailure` says. */
  #tell(outcomes: readonly Outcome[], { response }: ItemInfo): void {
    const { stats, log } = this.#opened!.context
    const failures = outcomes.filter((one) => one instanceof Error)
    for (const outcome of outcomes) {
      if (outcome instanceof Error) {
        const failed = stats.counter('file_error_count')
        failed.add()
        failed.label(outcome.code).add()
        log.warn(`A file of an item is not to be had: ${outcome.message}`, { url: response?.url, code: outcome.code })
      } else {
        stats.inc('file_count')
        stats.counter('file_status_count').label(outcome.status).add()
      }
    }
    const [first] = failures
    const { onFailure = 'keep' } = this.#options
    if (first === undefined || onFailure === 'keep') return
    const message = `${failures.length} of ${outcomes.length} ${this.#resultField} are not to be had: ${first.message}`
    if (onFailure === 'drop') throw new DropItem(message)
    throw new SkeinError('ERR_MEDIA_FAILED', message, { cause: first })
  }

  async #shared(request: Request, item: In, info: ItemInfo): Promise<Outcome> {
    const { path } = this.#options
    const name = urlName(request)
    const wanted: unknown = path === undefined ? `full/${name}${this.#kind.extensionOf(request)}` : path(request, item, info)
    if (typeof wanted !== 'string')
      throw new SkeinError(
        'ERR_MEDIA_PATH',
        `the option path of ${this.name} gave ${wanted instanceof Promise ? 'a promise' : typeof wanted} for ${shownRequest(request)}. Expected the name of the file, a text`,
      )
    // of what a function makes of an item: it is refused, not made fit
    checkKey(wanted, this.#options.store)
    const key = `${name} ${wanted}`
    const known = this.#recent.get(key) ?? this.#running.get(key)
    if (known !== undefined) return known
    const running = this.#fetch(request, wanted)
    this.#running.set(key, running)
    try {
      const outcome = await running
      // a network that failed may not fail again
      const lasts = !(outcome instanceof Error) || outcome instanceof MediaFailure
      if (lasts && request.url.length < 2_000) this.#recent.set(key, outcome)
      return outcome
    } finally {
      this.#running.delete(key)
    }
  }

  async #fetch(request: Request, wanted: string): Promise<Outcome> {
    const { context, store, bodies } = this.#opened!
    if (store.broken !== undefined) throw store.broken
    const path = portableKey(wanted)
    let there: MediaResult | undefined
    if (this.#fresh > 0) {
      const found = await store.stat(path, { md5: true })
      if (found !== undefined && context.clock.now() - found.modified.getTime() < this.#fresh) {
        there = { url: request.url, path, checksum: found.md5 ?? null, status: 'uptodate' }
        if (await this.#hasExtras(path)) return there
      }
    }
    await bodies.take(0)
    let held = 0
    try {
      const response = await this.#download(request)
      held = response.body.length
      bodies.add(held)
      return await this.#keep(request, response, path)
    } catch (error) {
      // an aborted download is of a page that was given back: it is not to be committed without its file
      const passes = error instanceof DownloadError && error.code === 'ERR_ABORTED'
      if (error instanceof MediaFailure || error instanceof IgnoreRequest || (error instanceof DownloadError && !passes))
        return there ?? error
      throw error
    } finally {
      bodies.free(held)
    }
  }

  async #download(request: Request): Promise<Response> {
    const { maxSize } = this.#options
    const limited = maxSize === undefined || request.options.maxSize !== undefined ? request : request.replace({ maxSize })
    const response = await this.#opened!.context.download(limited)
    if (response.status !== 200)
      throw new MediaFailure('ERR_MEDIA_STATUS', `${shownRequest(request)} was answered with status ${response.status}`)
    if (response.body.length === 0)
      throw new MediaFailure('ERR_MEDIA_EMPTY', `${shownRequest(request)} was answered with an empty body`)
    return response
  }

  /** Only the last is looked for, which was stored after the others: a thumbnail that is wanted since the file was stored. */
  async #hasExtras(path: string): Promise<boolean> {
    const last = this.#kind.lastExtra?.(path)
    return last === undefined || (await this.#opened!.store.stat(last, {})) !== undefined
  }

  /** The file comes last: where it is, what belonged to it then is there too. */
  async #keep(request: Request, response: Response, named: string): Promise<MediaResult> {
    const { store } = this.#opened!
    const { body, contentType, extras } = await this.#kind.develop(response)
    const byContent = this.#options.dedupe === 'checksum'
    const path = byContent ? `full/${hash('sha256', body)}${this.#kind.extensionOf(request)}` : named
    const result: MediaResult = {
      url: request.url,
      path,
      checksum: hash('md5', body),
      status: response.flags.includes('cached') ? 'cached' : 'downloaded',
    }
    if (byContent && (await store.stat(path, {})) !== undefined && (await this.#hasExtras(path))) return result
    const put = (extra: Developed['extras'][number]) =>
      store.put(extra.pathOf(path), extra.body, { contentType: extra.contentType })
    await Promise.all(extras.slice(0, -1).map(put))
    await Promise.all(extras.slice(-1).map(put))
    await store.put(path, body, contentType === undefined ? {} : { contentType })
    return result
  }
}

function hash(algorithm: 'md5' | 'sha256', body: Uint8Array): string {
  return createHash(algorithm).update(body).digest('hex')
}
