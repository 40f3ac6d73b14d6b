import type { ServerResponse } from 'node:http'
import type { Clock } from '../util/clock.ts'
import type { Fault, SiteAnswer } from './contract.ts'
import type { Outgoing } from './outgoing.ts'

/** Pieces of a slow body. */
const PIECES = 10

/** One answer on its way out. `ended` is told its status once, when the last byte is about to leave; 0 when none did. */
export class Sending {
  readonly #response: ServerResponse
  readonly #clock: Clock
  readonly #ended: (status: number) => void

  constructor(response: ServerResponse, clock: Clock, ended: (status: number) => void) {
    this.#response = response
    this.#clock = clock
    this.#ended = ended
    response.on('close', () => ended(response.writableFinished ? response.statusCode : 0))
  }

  /** Resolves after `ms`; never when the client is gone by then, so that nothing goes on for nobody. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#response.destroyed) return
      const cancel = this.#clock.after(ms, () => {
        this.#response.off('close', cancel)
        resolve()
      })
      this.#response.once('close', cancel)
    })
  }

  reset(): void {
    this.#ended(0)
    this.#response.socket?.resetAndDestroy()
  }

  /** Ends the connection where it is. */
  break(): void {
    this.#ended(0)
    this.#response.socket?.destroy()
  }

  send(out: Outgoing, fault?: Fault): void | Promise<void> {
    const response = this.#response
    if ('raw' in out) return out.raw(response)
    if ('stream' in out) {
      response.writeHead(out.status, out.headers)
      return this.#stream(out.stream)
    }
    const whole = typeof out.body === 'string' ? Buffer.from(out.body) : out.body
    const body = fault?.kind === 'truncated-json' ? whole.subarray(0, whole.length >> 1) : whole
    if (out.status !== 204 && out.status !== 304) out.headers['content-length'] ??= body.length
    response.writeHead(out.status, out.headers)
    if (fault?.kind === 'truncated-body') {
      this.#ended(out.status)
      response.write(whole.subarray(0, whole.length >> 1), () => response.socket?.destroy())
      return
    }
    if (fault?.kind === 'slow-body') return this.#slowly(body, (fault.seconds ?? 5) * 1000)
    // for the client a request is over with the last byte of the answer, so it must not be open longer here
    this.#ended(out.status)
    response.end(body)
  }

  async #slowly(body: Uint8Array, ms: number): Promise<void> {
    const size = Math.ceil(body.length / PIECES)
    for (let from = 0; from < body.length; from += size) {
      if (from > 0) await this.pause(ms / (PIECES - 1))
      this.#response.write(body.subarray(from, from + size))
    }
    this.#end()
  }

  async #stream(stream: NonNullable<SiteAnswer['stream']>): Promise<void> {
    const response = this.#response
    for await (const piece of stream) {
      if (response.destroyed) return
      if (!response.write(piece)) await this.#drained()
    }
    this.#end()
  }

  #drained(): Promise<void> {
    const response = this.#response
    return new Promise((resolve) => {
      const go = (): void => {
        response.off('drain', go).off('close', go)
        resolve()
      }
      response.on('drain', go).on('close', go)
    })
  }

  #end(): void {
    this.#ended(this.#response.statusCode)
    this.#response.end()
  }
}
