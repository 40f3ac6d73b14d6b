/** Hears of a handler that failed. */
export type SignalErrorListener = (message: string, fields: { readonly error: unknown }) => void

/**
 * Typed events of a crawl. Handlers of one event run in the order in which they were added, each awaited before the next. One that
 * throws is logged and the others still run.
 *
 * `Events` maps each event's name to what its handlers get.
 */
export class Signals<Events extends object> {
  readonly #handlers = new Map<keyof Events, Handler<never>[]>()
  readonly #onError: SignalErrorListener

  constructor(onError: SignalErrorListener) {
    this.#onError = onError
  }

  /** Adds a handler; the function returned takes it away. */
  on<Name extends keyof Events>(name: Name, handler: Handler<Events[Name]>): () => void {
    const list = this.#handlers.get(name) ?? []
    // a new array: an emit that is under way keeps the handlers it began with
    this.#handlers.set(name, [...list, handler])
    return () => {
      this.#handlers.set(
        name,
        (this.#handlers.get(name) ?? []).filter((h) => h !== handler),
      )
    }
  }

  /** Whether anybody listens: lets a hot path skip building the event. */
  has(name: keyof Events): boolean {
    return (this.#handlers.get(name)?.length ?? 0) > 0
  }

  /** Runs the handlers. Never rejects. */
  async emit<Name extends keyof Events>(name: Name, event: Events[Name]): Promise<void> {
    for (const handler of (this.#handlers.get(name) ?? []) as unknown as Handler<Events[Name]>[]) {
      try {
        await handler(event)
      } catch (error) {
        this.#onError(`a handler of the signal ${String(name)} failed`, { error })
      }
    }
  }
}

type Handler<Event> = (event: Event) => void | Promise<void>
