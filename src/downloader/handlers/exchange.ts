import { DownloadError } from '../../errors.ts'
import { createResponse } from '../../http/create-response.ts'
import { Headers } from '../../http/headers.ts'
import type { Request } from '../../http/request.ts'
import type { Response } from '../../http/response.ts'
import { shownUrl } from '../url-parts.ts'
import type { Timed } from './deadlines.ts'
import { networkError } from './network-error.ts'

/** What bounds one download. */
export interface ExchangeLimits {
  /** Bytes of the body on the wire; 0: no limit. */
  readonly maxSize: number
  /** Bytes of the body; 0: never warn. */
  readonly warnSize: number
  readonly failOnDataLoss: boolean
  /** Seconds. */
  readonly timeout: number
}

/** What the owner of an exchange does for it. */
export interface ExchangeOwner {
  /** Called once, when the outcome is known. */
  settled(exchange: Exchange): void
  warnSize(request: Request, size: number): void
}

/** The connection that carries an exchange. */
export interface Connection {
  /** As in `HTTP/1.1`. */
  readonly protocol: string
  readonly ipAddress: string | undefined
}

/** What an exchange is made of. */
export interface ExchangeParts {
  readonly request: Request
  readonly limits: ExchangeLimits
  /** Milliseconds since the epoch. */
  readonly deadline: number
  /** What it runs in: counts up while it runs. */
  readonly pool: { running: number }
}

/**
 * One request and its answer on the wire. The five `on…` methods are what undici calls; they have the names of its first handler style,
 * which gives the raw bytes of the headers and was measured 9 us of CPU a page cheaper than the second (that one builds an object of
 * the headers first). For the second style each is one line: `onResponseStart(c, status) { exchange.onHeaders(status, c.rawHeaders) }`.
 *
 * It settles once: with a response, with what undici reports, when the deadline passes, or when it is aborted. Whatever undici says
 * after that is ignored.
 */
export class Exchange implements Timed {
  readonly request: Request
  readonly deadline: number
  place = -1
  readonly #pool: { running: number }
  readonly #limits: ExchangeLimits
  readonly #owner: ExchangeOwner
  readonly #resolve: (response: Response) => void
  readonly #reject: (error: Error) => void
  #settled = false
  #connection: Connection | undefined
  #abort: ((reason?: Error) => void) | undefined
  #status = 0
  #headers: Headers = Headers.empty
  #first: Buffer | undefined
  #rest: Buffer[] | undefined
  /** How many of `#rest` are not looked at again. */
  #packed = 0
  #size = 0
  #warned = false

  constructor(parts: ExchangeParts, owner: ExchangeOwner, resolve: (response: Response) => void, reject: (error: Error) => void) {
    this.request = parts.request
    this.deadline = parts.deadline
    this.#limits = parts.limits
    this.#pool = parts.pool
    this.#owner = owner
    this.#resolve = resolve
    this.#reject = reject
    this.#pool.running++
  }

  /** Which connection it was given to. Another follows if that one is gone before the request was written. */
  assign(connection: Connection): void {
    this.#connection = connection
  }

  /** A connection is there and the request is about to be written. */
  onConnect(abort: (reason?: Error) => void): void {
    this.#abort = abort
    if (this.#settled) abort()
  }

  /** The head of the answer. 1xx heads may come before it. `false` would pause. */
  onHeaders(status: number, raw: readonly Buffer[]): boolean {
    if (this.#settled || status < 200) return true
    this.#status = status
    this.#headers = Headers.fromRaw(decodeHeaders(raw))
    const { maxSize, warnSize } = this.#limits
    if ((maxSize > 0 || warnSize > 0) && this.request.method !== 'HEAD') {
      const announced = announcedLength(raw)
      if (maxSize > 0 && announced > maxSize) this.#tooLarge(`announces ${announced} bytes`)
      else if (warnSize > 0 && announced > warnSize) this.#warn(announced)
    }
    return true
  }

  /** A piece of the body. It is a view of what was read from the socket, and is kept as that. */
  onData(chunk: Buffer): boolean {
    if (this.#settled) return true
    this.#size += chunk.length
    const { maxSize, warnSize } = this.#limits
    if (maxSize > 0 && this.#size > maxSize) {
      this.#tooLarge(`has sent ${this.#size} bytes`)
      return true
    }
    if (warnSize > 0 && this.#size > warnSize) this.#warn(this.#size)
    if (this.#first === undefined) this.#first = chunk
    else if (this.#rest === undefined) this.#rest = [this.#first, chunk]
    else if (this.#rest.push(chunk) - this.#packed >= PACK) this.#pack(this.#rest)
    return true
  }

  onComplete(): void {
    if (this.#settled) return
    this.#settle()
    this.#respond(undefined)
  }

  onError(error: Error): void {
    if (this.#settled) return
    this.#settle()
    // the head came, so that what went wrong since is a body that is not whole: too short, or broken chunks
    if (this.#status === 0) this.#reject(networkError(this.request.url, error))
    else if (this.#limits.failOnDataLoss) {
      this.#reject(
        new DownloadError(
          'ERR_DATA_LOSS',
          `${shownUrl(this.request.url)}: the body ended before it was complete, after ${this.#size} bytes (${error.message}); ` +
            'set failOnDataLoss to false to get what came',
          { cause: error },
        ),
      )
    } else this.#respond(['dataloss'])
  }

  /** The deadline passed. */
  expire(): void {
    const so = this.#status === 0 ? 'no answer' : `no complete answer (${this.#size} bytes so far)`
    this.abort(
      new DownloadError(
        'ERR_TIMEOUT',
        `${shownUrl(this.request.url)}: ${so} within ${this.#limits.timeout} s; raise downloadTimeout, or the timeout of the request, if the site is slow`,
      ),
    )
  }

  /** Ends it with an error, and the connection with it. */
  abort(error: Error): void {
    if (this.#settled) return
    this.#settle()
    this.#reject(error)
    // without a connection yet, onConnect aborts when there is one
    this.#abort?.(error)
  }

  #settle(): void {
    this.#settled = true
    this.#pool.running--
    this.#owner.settled(this)
  }

  /** A server may cut its body into chunks of a byte; a view of each would take a hundred times its size. */
  #pack(pieces: Buffer[]): void {
    const loose = pieces.splice(this.#packed)
    const size = loose.reduce((sum, piece) => sum + piece.length, 0)
    if (size < PACK * SMALL) pieces.push(Buffer.concat(loose, size))
    else pieces.push(...loose)
    this.#packed = pieces.length
  }

  #tooLarge(what: string): void {
    this.#first = undefined
    this.#rest = undefined
    this.abort(
      new DownloadError(
        'ERR_TOO_LARGE',
        `${shownUrl(this.request.url)}: the server ${what}, more than the ${this.#limits.maxSize} allowed; ` +
          'raise maxResponseSize, or the maxSize of the request, if you want it',
      ),
    )
  }

  #warn(size: number): void {
    if (this.#warned) return
    this.#warned = true
    this.#owner.warnSize(this.request, size)
  }

  #respond(flags: readonly string[] | undefined): void {
    const body = this.#rest === undefined ? (this.#first ?? EMPTY) : Buffer.concat(this.#rest, this.#size)
    const connection = this.#connection
    try {
      this.#resolve(
        createResponse({
          url: this.request.url,
          status: this.#status,
          headers: this.#headers,
          body,
          request: this.request,
          protocol: connection?.protocol,
          ipAddress: connection?.ipAddress,
          flags,
        }),
      )
    } catch (error) {
      this.#reject(error as Error)
    }
  }
}

const EMPTY = Buffer.alloc(0)
/** So many pieces are put together when they have fewer than `SMALL` bytes each. */
const PACK = 256
const SMALL = 1024

/**
 * The header lines as strings. They usually stand in one piece of memory, read from the socket at once: that is decoded at one stroke
 * and cut up, which was measured 3 us a page cheaper than two dozen small decodings.
 */
function decodeHeaders(raw: readonly Buffer[]): string[] {
  const flat: string[] = new Array(raw.length)
  const first = raw[0]
  const last = raw[raw.length - 1]
  if (first === undefined || last === undefined) return flat
  const { buffer, byteOffset: from } = first
  const size = last.byteOffset + last.length - from
  if (last.buffer !== buffer || size <= 0 || size > MAX_BLOCK) return raw.map((line) => line.toString('latin1'))
  const block = Buffer.from(buffer, from, size).toString('latin1')
  for (let i = 0; i < raw.length; i++) {
    const line = raw[i]!
    const start = line.byteOffset - from
    // what came in two reads was put together elsewhere
    const inside = line.buffer === buffer && start >= 0 && start + line.length <= size
    flat[i] = inside ? block.slice(start, start + line.length) : line.toString('latin1')
  }
  return flat
}

const MAX_BLOCK = 64 * 1024

/** Content-Length from the raw lines, or -1. */
function announcedLength(raw: readonly Buffer[]): number {
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!
    if (name.length !== 14 || (name[0]! | 0x20) !== 0x63 || name.toString('latin1').toLowerCase() !== 'content-length') continue
    const value = Number(raw[i + 1]!.toString('latin1'))
    return Number.isFinite(value) ? value : -1
  }
  return -1
}
