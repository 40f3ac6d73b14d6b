/** A value that only grows, or the largest or smallest of what was seen. */
export interface Counter {
  add(by?: number): void
  /** The counter of one label value: `label(404)` of `downloader/response_status_count` is `downloader/response_status_count/404`. */
  label(value: string | number): Counter
}

/** A value in the flat view. */
export type StatValue = number | string

/** What was counted in a stretch of time, by flat names. */
export interface StatsChange {
  /** How much counters grew. */
  readonly add: Readonly<Record<string, number>>
  /** Values kept by `max` that grew, as they stand. */
  readonly max: Readonly<Record<string, number>>
}

/**
 * What a crawl counts. Names are Scrapy's; a label (status, method, reason) is a value inside a name, and stands behind a slash in the
 * flat view.
 *
 * @example
 * stats.inc('books/without_price')
 * const status = stats.counter('downloader/response_status_count') // once
 * status.label(response.status).add() // for each page
 */
export class Stats {
  readonly #counters = new Map<string, CounterCell>()
  readonly #values = new Map<string, StatValue>()
  /** Every cell there is, labels included: a tally goes through all of them, which it does after every few pages. */
  readonly #cells: CounterCell[] = []
  /** Values of `max` that grew since the last tally. */
  #grown: Record<string, number> | undefined

  /** The counter of that name, made at its first use. It shows in the flat view once it was added to. */
  counter(name: string): Counter {
    let counter = this.#counters.get(name)
    if (counter === undefined) this.#counters.set(name, (counter = new CounterCell(name, this.#cells)))
    return counter
  }

  /** Adds to a counter by name. Where it is hot, keep what `counter` returns. */
  inc(name: string, by = 1): void {
    this.counter(name).add(by)
  }

  set(name: string, value: StatValue): void {
    this.#values.set(name, value)
  }

  /** Keeps the larger of `value` and what is there. */
  max(name: string, value: number): void {
    const present = this.#values.get(name)
    if (typeof present === 'number' && value <= present) return
    this.#values.set(name, value)
    this.#grown ??= {}
    this.#grown[name] = value
  }

  /**
   * What has changed since the last call, for the totals of a crawl that several workers take part in: counters to be added up, values of
   * `max` of which the largest counts. Undefined when nothing has.
   */
  takeTally(): StatsChange | undefined {
    let add: Record<string, number> | undefined
    for (const cell of this.#cells) {
      if (cell.value === cell.told) continue
      add ??= {}
      add[cell.name] = cell.value - cell.told
      cell.told = cell.value
    }
    const max = this.#grown
    if (add === undefined && max === undefined) return undefined
    this.#grown = undefined
    return { add: add ?? {}, max: max ?? {} }
  }

  /** A value or counter by its flat name; undefined when nothing was counted under it. */
  get(name: string): StatValue | undefined {
    const value = this.#values.get(name)
    if (value !== undefined) return value
    const counter = this.#counters.get(name)
    if (counter?.used) return counter.value
    const slash = name.lastIndexOf('/')
    const labelled = slash > 0 ? this.#counters.get(name.slice(0, slash))?.labels?.get(name.slice(slash + 1)) : undefined
    return labelled?.value
  }

  /** All of it under Scrapy's flat names, sorted. */
  flat(): Record<string, StatValue> {
    const entries: [string, StatValue][] = [...this.#values]
    for (const [name, counter] of this.#counters) {
      if (counter.used) entries.push([name, counter.value])
      for (const [label, { value }] of counter.labels ?? []) entries.push([`${name}/${label}`, value])
    }
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** All counters with their labels apart, for systems that know labels. */
  *labelled(): Generator<{ name: string; label: string | undefined; value: number }> {
    for (const [name, counter] of this.#counters) {
      if (counter.used) yield { name, label: undefined, value: counter.value }
      for (const [label, { value }] of counter.labels ?? []) yield { name, label, value }
    }
  }
}

/** Label values beyond this many are counted under `other`: a hostile site must not grow the table (I7). */
const MAX_LABELS = 1000

class CounterCell implements Counter {
  value = 0
  used = false
  /** What of `value` was in a tally. */
  told = 0
  labels: Map<string, CounterCell> | undefined
  readonly name: string
  readonly #all: CounterCell[]

  constructor(name: string, all: CounterCell[]) {
    this.name = name
    this.#all = all
    all.push(this)
  }

  add(by = 1): void {
    this.value += by
    this.used = true
  }

  label(value: string | number): Counter {
    const key = String(value)
    this.labels ??= new Map()
    let cell = this.labels.get(key)
    if (cell === undefined) {
      const label = this.labels.size < MAX_LABELS ? key : 'other'
      cell = this.labels.get(label) ?? new CounterCell(`${this.name}/${label}`, this.#all)
      this.labels.set(label, cell)
    }
    return cell
  }
}
