/**
 * What comes to several places one behind the other: it leaves each in the order in which it came there, however long each of it takes. A place is
 * any object.
 *
 * @example
 * const lane = new Lane()
 * for (const url of urls) lane.onward(fetch, fetch(url), (response) => console.log(response.url))
 */
export class Lane {
  /** For each place, when the last that is there has gone on. */
  #last: Map<object, Promise<void>> | undefined

  /**
   * Does `then` with what `result` gives, once all that came to the place before have gone on. A promise only where something has to be waited for;
   * it rejects with what either of them does.
   *
   * @param holds whether those behind have to wait until all of `then` is done, and not only its beginning
   */
  onward<T>(
    place: object,
    result: T | PromiseLike<T>,
    then: (settled: T) => void | Promise<void>,
    holds: (settled: T) => boolean = () => false,
  ): void | Promise<void> {
    const before = this.#last?.get(place)
    if (before === undefined && !isPromise(result)) {
      const rest = then(result)
      if (rest !== undefined && holds(result)) this.#leave(place, rest)
      return rest
    }
    const settled = Promise.resolve(result)
    // looked at only when it is its turn
    settled.catch(() => {})
    let rest: void | Promise<void>
    const gone = (before ?? Promise.resolve())
      .then(() => settled)
      .then((value) => {
        rest = then(value)
        return holds(value) ? rest : undefined
      })
    this.#leave(place, gone)
    return gone.then(() => rest)
  }

  #leave(place: object, gone: Promise<void>): void {
    this.#last ??= new Map()
    const places = this.#last
    const last = gone
      .catch(() => {})
      .then(() => {
        if (places.get(place) === last) places.delete(place)
      })
    places.set(place, last)
  }
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}
