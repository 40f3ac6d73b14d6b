import type { Clock } from '../util/clock.ts'

/** Hears of a handler that failed. `error` is absent where it did not settle in time. */
export type SignalErrorListener = (message: string, fields: { readonly signal: string; readonly error?: unknown }) => void

/**
 * Typed events of a crawl. Handlers of one event run in the order in which they were added, each awaited before the next. One that
 * throws is reported and the others still run.
 *
 * `Events` maps each event's name to what its handlers get.
 */
export class Signals<Events extends object> {
  readonly #handlers = new Map<keyof Events, readonly Handler<never>[]>()
  readonly #onError: SignalErrorListener
  /** How long a handler is waited for; undefined: for as long as it takes. */
  #bound: { readonly ms: number; readonly clock: Clock } | undefined
  /** Those that are being waited for: told when the bound changes. */
  readonly #waits = new Set<() => void>()
  /** Handlers that were waited for in vain. */
  readonly #givenUp = new Set<unknown>()

  constructor(onError: SignalErrorListener) {
    this.#onError = onError
  }

  /** Adds a handler; the function returned takes it away. */
  on<Name extends keyof Events>(name: Name, handler: Handler<Events[Name]>): () => void {
    // one that is added twice is two
    const own: Handler<Events[Name]> = (event) => handler(event)
    // a new array: an emit that is under way keeps the handlers it began with
    this.#handlers.set(name, [...this.#of(name), own])
    return () =>
      void this.#handlers.set(
        name,
        this.#of(name).filter((other) => other !== own),
      )
  }

  /** Whether anybody listens: lets a hot path skip building the event. */
  has(name: keyof Events): boolean {
    return this.#of(name).length > 0
  }

  /** Runs the handlers. Never rejects. */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): Promise<void> {
    const handlers = this.#of(name) as unknown as readonly Handler<Events[Name]>[]
    return handlers.length === 0 ? NOTHING_TO_DO : this.#run(String(name), handlers, event)
  }

  /**
   * From now on no handler is waited for longer than so many milliseconds, those included that are being waited for: one that never settles must not
   * keep a crawl from ending. It is reported, and called but not waited for from then on. The shortest bound that was set holds.
   */
  hurry(ms: number, clock: Clock): void {
    if (this.#bound !== undefined && this.#bound.ms <= ms) return
    this.#bound = { ms, clock }
    for (const rearm of this.#waits) rearm()
  }

  #of(name: keyof Events): readonly Handler<never>[] {
    return this.#handlers.get(name) ?? NOBODY
  }

  async #run<Event>(signal: string, handlers: readonly Handler<Event>[], event: Event): Promise<void> {
    const failed = (error: unknown): void => this.#onError(`a handler of the signal ${signal} failed`, { signal, error })
    for (const handler of handlers) {
      try {
        const settling = handler(event)
        if (settling === undefined) continue
        const settled = Promise.resolve(settling).catch(failed)
        if (!this.#givenUp.has(handler)) await this.#within(settled, signal, handler)
      } catch (error) {
        failed(error)
      }
    }
  }

  #within(settled: Promise<void>, signal: string, handler: unknown): Promise<void> {
    return new Promise((resolve) => {
      let cancel = (): void => {}
      const over = (): void => {
        cancel()
        this.#waits.delete(arm)
        resolve()
      }
      const arm = (): void => {
        const bound = this.#bound
        if (bound === undefined) return
        cancel()
        cancel = bound.clock.after(bound.ms, () => {
          this.#givenUp.add(handler)
          over()
          this.#onError(
            `a handler of the signal ${signal} has not settled within ${bound.ms / 1000} s, and is waited for no longer`,
            { signal },
          )
        })
      }
      this.#waits.add(arm)
      arm()
      void settled.then(over)
    })
  }
}

type Handler<Event> = (event: Event) => void | Promise<void>

const NOBODY: readonly Handler<never>[] = []
const NOTHING_TO_DO = Promise.resolve()
