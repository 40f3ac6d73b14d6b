import type { CrawlState } from './crawl-state.ts'
import type { CrawlStore } from './crawl-store.ts'
import { ID_SIZE, NUMBER_SIZE, readNumber, writeNumber } from './ordered-key.ts'
import type { Slot } from './slot.ts'

/** Every this many choices the slot that waited longest goes, whatever its priority, so that none starves. */
const TURN_OF_THE_PATIENT = 8
/**
 * The choice among as many at which the slot with most queued goes: going round among thousands of small hosts would keep a big one far below
 * its pace, and the crawl waits for it in the end.
 */
const TURN_OF_THE_BIGGEST = 4

/** The orders that slots stand in: the first byte of a key. */
const ORDERS = { byPriority: 1, byTurn: 2, byQueued: 3, byTime: 4, idle: 5 } as const
type Order = keyof typeof ORDERS

/**
 * Which slot goes next: the table `schedule`, which holds their names by best priority, by waiting time and by what is queued (those that may
 * go), and by time (those that wait, and those that are idle until then). A choice costs a few look-ups, however many there are.
 */
export class SlotSchedule {
  readonly #table: CrawlStore['schedule']
  readonly #crawl: CrawlState

  constructor(table: CrawlStore['schedule'], crawl: CrawlState) {
    this.#table = table
    this.#crawl = crawl
  }

  /** Says that a slot has changed: puts it where it belongs now. `served` sends it behind those that wait. */
  update(slot: Slot, now: number, served = false): void {
    const open = slot.queued > 0 && slot.hasPlace
    if (open && slot.nextAt <= now) this.#putReady(slot, served)
    else if (open) this.#putTimed(slot, 'waiting')
    else if (slot.isIdle && slot.nextAt > now) this.#putTimed(slot, 'idle')
    else this.remove(slot)
  }

  /** Leaves a slot out until `update`. */
  remove(slot: Slot): void {
    const { place, under } = slot
    slot.place = 'nowhere'
    if (place === 'ready') {
      this.#table.removeSync(readyKey('byPriority', slot))
      this.#table.removeSync(turnKey(slot))
      this.#table.removeSync(readyKey('byQueued', slot))
    } else if (place !== 'nowhere') this.#table.removeSync(timeKey(place, under.nextAt, slot.id))
  }

  /** The name of the slot that goes next; undefined when none may go now. */
  next(priorityOf: (name: string) => number): string | undefined {
    const best = this.#first('byPriority')
    if (best === undefined) return undefined
    const turn = ++this.#crawl.choices % TURN_OF_THE_PATIENT
    if (turn === 0) return this.#first('byTurn')
    if (turn !== TURN_OF_THE_BIGGEST) return best
    const biggest = this.#first('byQueued')!
    return priorityOf(biggest) >= priorityOf(best) ? biggest : best
  }

  /** Whether some slot may go. */
  get isReady(): boolean {
    return this.#first('byTurn') !== undefined
  }

  /** When the next slot becomes ready by time alone. */
  get nextAt(): number | undefined {
    for (const key of this.#table.getKeys({ start: Buffer.of(ORDERS.byTime), limit: 1 }))
      if (key[0] === ORDERS.byTime) return readNumber(key, 1)
    return undefined
  }

  /** The names of slots that wait for no longer, or are idle no longer; some of them when there are very many. */
  due(now: number, atMost: number): string[] {
    return (['byTime', 'idle'] as const).flatMap((order) => {
      const end = Buffer.allocUnsafe(1 + NUMBER_SIZE + 1)
      end[0] = ORDERS[order]
      writeNumber(end, now, 1)
      // behind all slots of that very time
      end[1 + NUMBER_SIZE] = 0xff
      return [...this.#table.getRange({ start: Buffer.of(ORDERS[order]), end, limit: atMost })].map(({ value }) => value)
    })
  }

  #first(order: Order): string | undefined {
    for (const { key, value } of this.#table.getRange({ start: Buffer.of(ORDERS[order]), limit: 1 }))
      if (key[0] === ORDERS[order]) return value
    return undefined
  }

  #putReady(slot: Slot, served: boolean): void {
    const { under, name } = slot
    const fresh = served || slot.place !== 'ready'
    if (fresh) {
      this.remove(slot)
      slot.turn = ++this.#crawl.turn
      slot.place = 'ready'
      this.#table.putSync(turnKey(slot), name)
    }
    if (fresh || under.priority !== slot.priority) {
      if (!fresh) this.#table.removeSync(readyKey('byPriority', slot))
      under.priority = slot.priority
      this.#table.putSync(readyKey('byPriority', slot), name)
    }
    if (fresh || under.queued !== slot.queued) {
      if (!fresh) this.#table.removeSync(readyKey('byQueued', slot))
      under.queued = slot.queued
      this.#table.putSync(readyKey('byQueued', slot), name)
    }
  }

  #putTimed(slot: Slot, place: 'waiting' | 'idle'): void {
    if (slot.place === place && slot.under.nextAt === slot.nextAt) return
    this.remove(slot)
    slot.place = place
    slot.under.nextAt = slot.nextAt
    this.#table.putSync(timeKey(place, slot.nextAt, slot.id), slot.name)
  }
}

/** Under what a slot stands, the most first; of equals the one that has waited longest. */
function readyKey(order: 'byPriority' | 'byQueued', { under, turn }: Slot): Buffer {
  const key = Buffer.allocUnsafe(1 + 2 * NUMBER_SIZE)
  key[0] = ORDERS[order]
  writeNumber(key, order === 'byPriority' ? -under.priority : -under.queued, 1)
  writeNumber(key, turn, 1 + NUMBER_SIZE)
  return key
}

function turnKey({ turn }: Slot): Buffer {
  const key = Buffer.allocUnsafe(1 + NUMBER_SIZE)
  key[0] = ORDERS.byTurn
  writeNumber(key, turn, 1)
  return key
}

function timeKey(place: 'waiting' | 'idle', time: number, id: number): Buffer {
  const key = Buffer.allocUnsafe(1 + NUMBER_SIZE + ID_SIZE)
  key[0] = place === 'waiting' ? ORDERS.byTime : ORDERS.idle
  writeNumber(key, time, 1)
  key.writeUIntBE(id, 1 + NUMBER_SIZE, ID_SIZE)
  return key
}
