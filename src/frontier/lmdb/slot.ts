import type { SlotPolicy } from '../contract.ts'

/** Where a slot stands in the schedule: nowhere, where slots are that may go, that wait for their time, or that only keep their pace. */
export type Place = 'nowhere' | 'ready' | 'waiting' | 'idle'

const PLACES: readonly Place[] = ['nowhere', 'ready', 'waiting', 'idle']

/** How the requests of one host stand, and when it may be contacted. */
export class Slot {
  readonly name: string
  /** What it is called in keys. */
  readonly id: number
  policy: SlotPolicy
  queued = 0
  leased = 0
  /** Before this time no request is leased: the delay since the last one, or a block. */
  nextAt = 0
  /** As somebody asked; part of `nextAt`. */
  blockedUntil = 0
  /** Its turn among those that may go. */
  turn = 0
  /** Of the request that goes next. */
  priority = 0
  /** Requests in flight at most for the time being; 0: as the policy says. */
  cap = 0
  /** The session that said so; the cap is forgotten with it. */
  cappedBy = 0
  place: Place = 'nowhere'
  /** What it stands under in the schedule. */
  under: { priority: number; queued: number; nextAt: number } = { priority: 0, queued: 0, nextAt: 0 }
  /** Its text in the store; undefined: it is not there. */
  stored: string | undefined

  constructor(name: string, id: number, policy: SlotPolicy) {
    this.name = name
    this.id = id
    this.policy = policy
  }

  /** Whether another request may be leased beside those that are. */
  get hasPlace(): boolean {
    return this.leased < this.policy.concurrency && (this.cap === 0 || this.leased < this.cap)
  }

  get isIdle(): boolean {
    return this.queued === 0 && this.leased === 0
  }
}

/** A slot as the store keeps it. */
export function encodeSlot(slot: Slot): string {
  const { name, id, queued, leased, nextAt, blockedUntil, turn, priority, cap, cappedBy, place, under } = slot
  const numbers = [id, queued, leased, nextAt, blockedUntil, turn, priority, cap, PLACES.indexOf(place)]
  return JSON.stringify([name, ...numbers, under.priority, under.queued, under.nextAt, cappedBy])
}

/** The slot that `encodeSlot` wrote. */
export function decodeSlot(text: string, policyOf: (name: string) => SlotPolicy): Slot {
  const [name, ...numbers] = JSON.parse(text) as [string, ...number[]]
  const [id, queued, leased, nextAt, blockedUntil, turn, priority, cap, place] = numbers
  const [underPriority, underQueued, underNextAt, cappedBy] = numbers.slice(9)
  const slot = new Slot(name, id!, policyOf(name))
  slot.queued = queued!
  slot.leased = leased!
  slot.nextAt = nextAt!
  slot.blockedUntil = blockedUntil!
  slot.turn = turn!
  slot.priority = priority!
  slot.cap = cap!
  slot.cappedBy = cappedBy!
  slot.place = PLACES[place!]!
  slot.under = { priority: underPriority!, queued: underQueued!, nextAt: underNextAt! }
  slot.stored = text
  return slot
}
