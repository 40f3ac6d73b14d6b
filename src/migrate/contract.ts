import type { Enqueued } from '../frontier/contract.ts'
import type { Request } from '../http/request.ts'

/** In which order a scrapy-redis queue is taken from: the class of its SCHEDULER_QUEUE_CLASS. */
export type QueueOrder = 'priority' | 'fifo' | 'lifo'

/** Where an import goes. */
export interface ImportTarget {
  /** As `Frontier.enqueue`. */
  enqueue(requests: readonly Request[]): Promise<Enqueued>
  /** Marks fingerprints (40 hex digits) as seen; gives how many were new. */
  markSeen(hexes: readonly string[]): Promise<number>
  /** Of requests that pass the seen set, those that this import, when it was begun before, has brought. */
  brought(ids: readonly string[]): Promise<readonly boolean[]>
  /** Notes that they have been. */
  bring(ids: readonly string[]): Promise<void>
}

/** What could not be read. It is still in the source. */
export interface ImportProblem {
  /** `zhihu:requests`, and the place in it as ZRANGE, LINDEX or SSCAN know it. */
  readonly place: string
  readonly reason: string
}

/** What an import did. */
export interface ImportReport {
  readonly requestsKey: string
  readonly dupefilterKey: string
  readonly order: QueueOrder | undefined
  readonly requests: {
    readonly read: number
    readonly added: number
    /** In the crawl already: brought by an earlier import, or found by the crawl itself. */
    readonly present: number
    /** Beyond what the budget of their slot allows. */
    readonly overBudget: number
    readonly unreadable: number
  }
  readonly fingerprints: {
    readonly read: number
    readonly added: number
    readonly present: number
    readonly unreadable: number
  }
  /** The first of what could not be read. */
  readonly problems: readonly ImportProblem[]
  /** Something was put into the source, or taken out of it, while it was read: its crawl runs. */
  readonly changed: boolean
  /** Ended early by the signal; begun again, it goes on. */
  readonly interrupted: boolean
  /** Keys of the source that were deleted. */
  readonly deleted: readonly string[]
}

/** How far an import is. */
export interface ImportProgress {
  readonly what: 'requests' | 'fingerprints'
  readonly done: number
  readonly total: number
}
