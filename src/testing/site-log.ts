import type { SiteStats, SiteVisit } from './contract.ts'
import { Load } from './load.ts'
import { makeRoom } from './make-room.ts'

/** Clients whose load is kept. */
const CLIENTS = 10_000

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** A request on its way through the site. */
export interface Visiting {
  readonly visit: Writable<SiteVisit>
  readonly load: Load
}

/** What a fake site was asked, in bounded memory. */
export class SiteLog {
  readonly #size: number
  readonly #countedUrls: number
  #visits: SiteVisit[] = []
  /** Where the next visit goes once the ring is full. */
  #next = 0
  #hits = new Map<string, number>()
  #attempts = new Map<string, number>()
  #statuses = new Map<number, number>()
  #faults = new Map<string, number>()
  #clients = new Map<string, Load>()
  #all = new Load()
  readonly #waiting = new Set<{ readonly requests: number; readonly resolve: () => void }>()

  constructor(size: number, countedUrls: number) {
    this.#size = size
    this.#countedUrls = countedUrls
  }

  arrive(time: number, method: string, url: string, client: string): Visiting {
    const visit: Writable<SiteVisit> = { time, method, url, client, status: 0, attempt: 0 }
    if (this.#visits.length < this.#size) this.#visits.push(visit)
    else if (this.#size > 0) {
      this.#visits[this.#next] = visit
      this.#next = (this.#next + 1) % this.#size
    }
    count(this.#hits, url, this.#countedUrls)
    const load = this.#loadOf(client)
    load.arrive(time)
    this.#all.arrive(time)
    for (const waiting of this.#waiting) if (waiting.requests <= this.#all.requests) this.#settle(waiting)
    return { visit, load }
  }

  /** How many others of this client, and of all, are being answered. */
  othersThan({ load }: Visiting): { client: number; all: number } {
    return { client: load.open - 1, all: this.#all.open - 1 }
  }

  /** It is let in: counts which attempt at its URL it is. */
  begin({ visit, load }: Visiting): void {
    load.begin()
    this.#all.begin()
    visit.attempt = count(this.#attempts, visit.method === 'GET' ? visit.url : `${visit.method} ${visit.url}`, this.#countedUrls)
  }

  /** Gives a function that ends the visit; called again, it does nothing. */
  ender({ visit, load }: Visiting): (status: number) => void {
    const [all, statuses, faults] = [this.#all, this.#statuses, this.#faults]
    let isOpen = true
    return (status) => {
      if (!isOpen) return
      isOpen = false
      load.leave()
      all.leave()
      visit.status = status
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (visit.fault !== undefined) faults.set(visit.fault, (faults.get(visit.fault) ?? 0) + 1)
    }
  }

  visits(): SiteVisit[] {
    return [...this.#visits.slice(this.#next), ...this.#visits.slice(0, this.#next)].map((visit) => ({ ...visit }))
  }

  hits(): Record<string, number> {
    return Object.fromEntries(this.#hits)
  }

  stats(): SiteStats {
    return {
      ...this.#all.counts,
      statuses: Object.fromEntries(this.#statuses),
      faults: Object.fromEntries(this.#faults),
      clients: Object.fromEntries([...this.#clients].map(([client, load]) => [client, load.counts])),
      urls: this.#hits.size,
    }
  }

  reached(requests: number): Promise<void> {
    if (this.#all.requests >= requests) return Promise.resolve()
    return new Promise((resolve) => void this.#waiting.add({ requests, resolve }))
  }

  /** Everything is new; what is on its way ends in what was there before. */
  reset(): void {
    this.#visits = []
    this.#next = 0
    this.#hits = new Map()
    this.#attempts = new Map()
    this.#statuses = new Map()
    this.#faults = new Map()
    this.#clients = new Map()
    this.#all = new Load()
  }

  #loadOf(client: string): Load {
    let load = this.#clients.get(client)
    if (load === undefined) {
      makeRoom(this.#clients, CLIENTS)
      this.#clients.set(client, (load = new Load()))
    }
    return load
  }

  #settle(waiting: { readonly resolve: () => void; readonly requests: number }): void {
    this.#waiting.delete(waiting)
    waiting.resolve()
  }
}

function count(counts: Map<string, number>, key: string, capacity: number): number {
  const before = counts.get(key)
  if (before === undefined) makeRoom(counts, capacity)
  const now = (before ?? 0) + 1
  counts.set(key, now)
  return now
}
