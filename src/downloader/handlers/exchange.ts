import type { Dispatcher } from 'undici'
import { createResponse } from '../../http/create-response.ts'
import { Headers } from '../../http/headers.ts'
import type { Request } from '../../http/request.ts'
import type { Response } from '../../http/response.ts'
import type { CrawlSignals } from '../../signals/contract.ts'
import type { Clock } from '../../util/clock.ts'
import type { BodyBudget, Receiving } from './body-budget.ts'
import { BodyPieces } from './body-pieces.ts'
import { type Connection, readOn } from './connection.ts'
import type { Timed } from './deadlines.ts'
import { DownloadWatch, type Watched } from './download-watch.ts'
import { badInterim, dataLost, stoppedByHandler, timedOut, tooLarge } from './exchange-errors.ts'
import type { ExchangeLimits } from './exchange-limits.ts'
import { networkError } from './network-error.ts'
import { announcedLength, decodeHeaders } from './raw-headers.ts'

/** What the owner of exchanges does for all of them. */
export interface ExchangeOwner {
  readonly clock: Clock
  readonly signals: CrawlSignals
  readonly budget: BodyBudget<Exchange>
  /** Called once, when the outcome is known. */
  settled(exchange: Exchange): void
  warnSize(exchange: Exchange, size: number): void
}

/** What an exchange is made of. */
export interface ExchangeParts {
  readonly request: Request
  readonly limits: ExchangeLimits
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** What it runs in: counts up while it runs. */
  readonly entry: { running: number; readonly pool: Pick<Dispatcher, 'dispatch'> }
}

/** Why a body waits: each a bit. */
const FOR_ROOM = 1
const FOR_HANDLERS = 2

/**
 * One request and its answer on the wire. The `on…` methods are what undici calls; they have the names of its first handler style,
 * which gives the raw bytes of the headers and was measured 9 us of CPU a page cheaper than the second (that one builds an object of
 * the headers first). For the second style each is one line: `onResponseStart(c, status) { exchange.onHeaders(status, c.rawHeaders) }`.
 *
 * It settles once: with a response, with what undici reports, when a deadline passes, when a handler stops it, or when it is aborted. Whatever undici
 * says after that is ignored.
 *
 * A GET or HEAD that got not a byte of an answer because its connection was closed, on one that others had used before, is sent again at once
 * (RFC 9110, 9.2.2): the server closed it as idle while the request was on its way. The next one may be as stale, so that it goes on until a new one
 * was tried.
 */
export class Exchange implements Timed, Receiving, Watched {
  readonly request: Request
  readonly limits: ExchangeLimits
  readonly startedAt: number
  place = -1
  readonly #entry: ExchangeParts['entry']
  readonly #owner: ExchangeOwner
  readonly #resolve: (response: Response) => void
  readonly #reject: (error: Error) => void
  #settled = false
  #message: Dispatcher.DispatchOptions | undefined
  #connection: Connection | undefined
  #abort: ((reason?: Error) => void) | undefined
  #resume: (() => void) | undefined
  #answered = false
  #resent = 0
  /** When the request was handed to the connection, and when the last byte of the answer came that counts for a deadline. */
  #sentAt = 0
  #heardAt = 0
  #latency = 0
  #interim = 0
  #status = 0
  #headers: Headers = Headers.empty
  readonly #body = new BodyPieces()
  #warned = false
  #watch: DownloadWatch | undefined
  /** What came while handlers of the head are at work: what was read from the socket with it. */
  #early: Buffer[] | undefined
  /** All came, or it broke off, but handlers are at work. The connection may be another's. */
  #over = false
  #broken: Error | undefined
  /** It may lack its end. */
  #cut = false
  #waits = 0
  #paused = false

  constructor(parts: ExchangeParts, owner: ExchangeOwner, resolve: (response: Response) => void, reject: (error: Error) => void) {
    this.request = parts.request
    this.limits = parts.limits
    this.startedAt = parts.startedAt
    this.#entry = parts.entry
    this.#owner = owner
    this.#resolve = resolve
    this.#reject = reject
    this.#entry.running++
  }

  /** Bytes of the body so far. */
  get size(): number {
    return this.#body.size
  }

  get shortest(): number {
    return this.limits.shortest
  }

  /** Sends the request. What goes wrong is its outcome. */
  send(message: Dispatcher.DispatchOptions): void {
    this.#message = message
    try {
      this.#entry.pool.dispatch(message, this as unknown as Dispatcher.DispatchHandler)
    } catch (error) {
      this.abort(networkError(this.request.url, error))
    }
  }

  /** Which connection it was given to. Another follows if that one is gone before the request was written. */
  assign(connection: Connection): void {
    this.#connection = connection
  }

  /** A connection is there and the request is about to be written. */
  onConnect(abort: (reason?: Error) => void): void {
    this.#abort = abort
    if (this.#settled) {
      abort()
      return
    }
    if (this.#connection !== undefined) this.#connection.uses++
    this.#sentAt = this.#owner.clock.now()
  }

  /** The first byte of an answer is there. */
  onResponseStarted(): void {
    this.#answered = true
  }

  /** The head of the answer. 1xx heads may come before it. `false` pauses a stream of HTTP/2; see {@link Connection} for HTTP/1.1. */
  onHeaders(status: number, raw: readonly Buffer[], resume: () => void): boolean {
    if (this.#settled) return true
    if (status < 200) {
      this.#interimHead(status)
      return true
    }
    this.#resume = resume
    this.#heardAt = this.#owner.clock.now()
    // a clock may be set back
    this.#latency = Math.max(0, this.#heardAt - this.#sentAt)
    this.#status = status
    this.#headers = Headers.fromRaw(decodeHeaders(raw))
    if (this.#owner.signals.has('headersReceived')) {
      this.#waits |= FOR_HANDLERS
      this.#watched().head(status, this.#headers, announcedLength(raw))
      if (this.#settled) return true
      this.#early = []
    }
    const { maxSize, warnSize } = this.limits
    if ((maxSize > 0 || warnSize > 0) && this.request.method !== 'HEAD') {
      const announced = announcedLength(raw)
      if (maxSize > 0 && announced > maxSize) this.#tooLarge(`announces ${announced} bytes`)
      else if (warnSize > 0 && announced > warnSize) this.#warn(announced)
    }
    return this.#flow()
  }

  /** A piece of the body. It is a view of what was read from the socket, and is kept as that. The result is as that of `onHeaders`. */
  onData(chunk: Buffer): boolean {
    if (this.#settled) return true
    if (this.#early !== undefined) {
      this.#early.push(chunk)
      return this.#flow()
    }
    this.#heardAt = this.#owner.clock.now()
    this.#body.add(chunk)
    const { size } = this.#body
    if (!this.#owner.budget.take(this, chunk.length)) this.#waits |= FOR_ROOM
    const { maxSize, warnSize } = this.limits
    if (maxSize > 0 && size > maxSize) {
      this.#tooLarge(`has sent ${size} bytes`)
      return true
    }
    if (warnSize > 0 && size > warnSize) this.#warn(size)
    if (this.#owner.signals.has('bytesReceived')) {
      const watch = this.#watched()
      watch.bytes(chunk, size)
      if (watch.behind) this.#waits |= FOR_HANDLERS
    }
    return this.#flow()
  }

  onComplete(): void {
    if (this.#settled) return
    const { socket } = this.#connection ?? {}
    // a body without length ends with its connection: by a reset as well, for undici, but the socket remembers; or before all was read
    this.#cut = socket != null && (socket.errored !== null || (this.#paused && socket.destroyed)) && this.#isUnframed()
    this.#leaveConnection()
    if (this.#watch?.busy !== true) this.#end()
  }

  onError(error: Error): void {
    if (this.#settled) return
    if (this.#status === 0) {
      this.#unanswered(networkError(this.request.url, error))
      return
    }
    if (this.#early !== undefined) {
      this.#broken = error
      this.#leaveConnection()
      return
    }
    // the head came, so that what went wrong since is a body that is not whole: too short, or broken chunks
    const unframed = this.#isUnframed()
    this.#settle()
    if (unframed) this.#respond(PARTIAL)
    else if (!this.limits.failOnDataLoss) this.#respond(DATA_LOSS)
    else this.#reject(dataLost(this.request, this.#body.size, error))
  }

  /** The total, that of the head once the request is on its way, that of the body once the head is there: the soonest. */
  due(): number {
    const { timeout, headersTimeout, idleTimeout } = this.limits
    const total = this.startedAt + timeout * 1000
    if (this.#status === 0) {
      return headersTimeout > 0 && this.#sentAt > 0 ? Math.min(total, this.#sentAt + headersTimeout * 1000) : total
    }
    // nothing comes because we do not read, or because all is there
    if (idleTimeout === 0 || this.#paused || this.#over) return total
    return Math.min(total, this.#heardAt + idleTimeout * 1000)
  }

  /** A deadline passed. */
  expire(): void {
    const { limits, request } = this
    const all = this.#owner.clock.now() >= this.startedAt + limits.timeout * 1000
    const hasHead = this.#status !== 0
    const part = all ? 'all' : hasHead ? 'body' : 'head'
    this.abort(timedOut(request, part, limits, hasHead ? this.#body.size : undefined))
  }

  /** Ends it with an error, and the connection with it. */
  abort(error: Error): void {
    if (this.#settled) return
    this.#settle()
    this.#reject(error)
    this.#hangUp(error)
  }

  /** A handler wants no more. */
  stop(fail: boolean): void {
    if (this.#settled) return
    const stopped = stoppedByHandler(this.request, this.#body.size)
    if (fail) {
      this.abort(stopped)
      return
    }
    this.#settle()
    this.#respond(STOPPED)
    this.#hangUp(stopped)
  }

  /** All handlers came to their end. */
  heard(): void {
    const early = this.#early ?? []
    this.#early = undefined
    for (const chunk of early) this.onData(chunk)
    if (this.#watch?.behind !== true) this.#goOn(FOR_HANDLERS)
    if (this.#broken !== undefined) this.onError(this.#broken)
    else if (this.#over && !this.#settled && this.#watch?.busy !== true) this.#end()
  }

  /** There is room for more of the body. */
  readOn(): void {
    this.#goOn(FOR_ROOM)
  }

  #flow(): boolean {
    if (this.#waits === 0 || this.#settled || this.#over) return true
    this.#paused = true
    if (this.#connection?.protocol !== 'HTTP/1.1') return false
    this.#connection.paused = true
    return true
  }

  #goOn(reason: number): void {
    this.#waits &= ~reason
    // not from within a parser: undici has one for all connections
    if (this.#waits === 0 && this.#paused) queueMicrotask(() => this.#wake())
  }

  #wake(): void {
    if (this.#settled || this.#waits !== 0 || !this.#paused) return
    this.#paused = false
    this.#heardAt = this.#owner.clock.now()
    if (this.#connection?.protocol === 'HTTP/1.1') readOn(this.#connection)
    else this.#resume?.()
  }

  #leaveConnection(): void {
    this.#over = true
    this.#resume = undefined
    if (this.#paused && this.#connection !== undefined) this.#connection.paused = false
    this.#paused = false
  }

  #watched(): DownloadWatch {
    return (this.#watch ??= new DownloadWatch(this.#owner.signals, this))
  }

  #interimHead(status: number): void {
    if (status >= 100 && ++this.#interim <= MAX_INTERIM) return
    const what = status < 100 ? `the status ${status}` : `more than ${MAX_INTERIM} heads before the answer`
    this.abort(badInterim(this.request, what))
  }

  #unanswered(error: Error & { readonly code: string }): void {
    const { method } = this.request
    const message = this.#message
    const stale = error.code === 'ERR_RESET' && !this.#answered && (this.#connection?.uses ?? 0) > 1
    if (stale && this.#resent < MAX_RESENT && message !== undefined && (method === 'GET' || method === 'HEAD')) {
      this.#resent++
      this.#abort = undefined
      this.#sentAt = 0
      // undici is still clearing up what it reports
      queueMicrotask(() => {
        if (!this.#settled) this.send(message)
      })
      return
    }
    this.#settle()
    this.#reject(error)
  }

  /** The body is whatever comes until the connection is closed: nobody can tell whether it is whole. */
  #isUnframed(): boolean {
    return (
      this.#connection?.protocol === 'HTTP/1.1' && !this.#headers.has('content-length') && !this.#headers.has('transfer-encoding')
    )
  }

  #end(): void {
    this.#settle()
    this.#respond(this.#cut ? PARTIAL : undefined)
  }

  #settle(): void {
    this.#settled = true
    this.#entry.running--
    this.#owner.settled(this)
  }

  #hangUp(error: Error): void {
    // without a connection yet, onConnect aborts when there is one
    this.#abort?.(error)
  }

  #tooLarge(what: string): void {
    this.#body.drop()
    this.abort(tooLarge(this.request, what, this.limits.maxSize))
  }

  #warn(size: number): void {
    if (this.#warned) return
    this.#warned = true
    this.#owner.warnSize(this, size)
  }

  #respond(flags: readonly string[] | undefined): void {
    const connection = this.#connection
    try {
      this.#resolve(
        createResponse({
          url: this.request.url,
          status: this.#status,
          headers: this.#headers,
          body: this.#body.join(),
          request: this.request,
          protocol: connection?.protocol,
          ipAddress: connection?.ipAddress,
          latency: this.#latency,
          flags,
        }),
      )
    } catch (error) {
      this.#reject(error as Error)
    }
  }
}

const DATA_LOSS: readonly string[] = Object.freeze(['dataloss'])
const PARTIAL: readonly string[] = Object.freeze(['partial'])
const STOPPED: readonly string[] = Object.freeze(['download_stopped'])
/** Connections of a pool that may turn out stale one after the other. */
const MAX_RESENT = 8
/** 1xx heads before an answer; no server has a use for more than a few. */
const MAX_INTERIM = 100
