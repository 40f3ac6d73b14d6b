import { SkeinError } from '../../errors.ts'
import type { SlotPolicy } from '../contract.ts'
import type { CrawlSettings } from './crawl-settings.ts'
import type { CrawlState } from './crawl-state.ts'
import type { CrawlStore } from './crawl-store.ts'
import { nameKey } from './name-key.ts'
import { ID_SIZE, NUMBER_SIZE, numberKey, readNumber, writeNumber } from './ordered-key.ts'
import { decodeSlot, encodeSlot, Slot } from './slot.ts'
import { SlotSchedule } from './slot-schedule.ts'

/** Where a request goes in its queue: where its turn is, or as the next or the last of its priority. */
export type Position = 'turn' | 'front' | 'back'

/** The request of a slot that goes next. */
export interface Head {
  readonly key: Buffer
  readonly priority: number
  /** How often it has been leased. */
  readonly deliveries: number
  readonly text: string
  /** Of the one behind it; undefined: there is none. */
  readonly nextPriority: number | undefined
}

/** The slots that one step looks at, and their queues. What is changed of them is written by `save`. */
export class Slots {
  readonly schedule: SlotSchedule
  readonly #store: CrawlStore
  readonly #crawl: CrawlState
  readonly #settings: CrawlSettings
  readonly #now: number
  readonly #met = new Map<string, Slot>()

  constructor(store: CrawlStore, crawl: CrawlState, settings: CrawlSettings, now: number) {
    this.schedule = new SlotSchedule(store.schedule, crawl)
    this.#store = store
    this.#crawl = crawl
    this.#settings = settings
    this.#now = now
  }

  /** The slot of that name; one that has nothing to do is made. */
  get(name: string): Slot {
    let slot = this.#met.get(name)
    if (slot === undefined) {
      const text = this.#store.slots.get(nameKey(name))
      slot = text === undefined ? new Slot(name, ++this.#crawl.slot, this.#policyOf(name)) : decodeSlot(text, this.#policyOf)
      if (slot.cap > 0 && this.#store.sessions.get(numberKey(slot.cappedBy)) === undefined) slot.cap = 0
      this.#met.set(name, slot)
    }
    return slot
  }

  /** All slots that have something to do. */
  all(): Slot[] {
    return [...this.#store.slots.getRange()].map(({ value }) => decodeSlot(value, this.#policyOf))
  }

  /** Queues a request. */
  push(slot: Slot, priority: number, deliveries: number, text: string, where: Position): void {
    const sequence = ++this.#crawl.sequence
    // the first key is the next to go
    const first = where === 'front' || (where === 'turn' && this.#settings.order === 'lifo')
    this.#store.queue.putSync(
      queueKey(slot.id, priority, first ? -sequence : sequence),
      deliveries > 0 ? `${deliveries} ${text}` : text,
    )
    if (slot.queued === 0 || priority > slot.priority) slot.priority = priority
    slot.queued++
    this.#crawl.queued++
  }

  /** The request that goes next. Only to be called when there is one. */
  head(slot: Slot): Head {
    const start = Buffer.allocUnsafe(ID_SIZE)
    start.writeUIntBE(slot.id, 0, ID_SIZE)
    const [first, second] = [...this.#store.queue.getRange({ start, limit: 2 })].filter(
      ({ key }) => start.compare(key, 0, ID_SIZE) === 0,
    )
    if (first === undefined) throw damaged(slot)
    const { key, value } = first
    const delivered = value.startsWith('{') ? undefined : value.indexOf(' ')
    return {
      key,
      priority: priorityIn(key),
      deliveries: delivered === undefined ? 0 : Number(value.slice(0, delivered)),
      text: delivered === undefined ? value : value.slice(delivered + 1),
      nextPriority: second === undefined ? undefined : priorityIn(second.key),
    }
  }

  /** Takes that request out. */
  take(slot: Slot, { key, nextPriority }: Head): void {
    this.#store.queue.removeSync(key)
    slot.queued--
    this.#crawl.queued--
    slot.priority = nextPriority ?? 0
  }

  /** Changes how a slot is treated, for good. */
  setPolicy(name: string, change: Partial<SlotPolicy>): void {
    const text = this.#store.policies.get(nameKey(name))
    const own = { ...(text === undefined ? {} : (JSON.parse(text) as Partial<SlotPolicy>)), ...change }
    this.#store.policies.putSync(nameKey(name), JSON.stringify(own))
    if ((own.budget ?? 0) > 0) this.#crawl.bounded = true
    const slot = this.get(name)
    slot.policy = { ...slot.policy, ...change }
  }

  /** Counts one more request against a slot's budget; false when that has no room. */
  takeFromBudget({ name, policy: { budget = 0 } }: Slot): boolean {
    if (budget === 0) return true
    const key = nameKey(name)
    const taken = Number(this.#store.budgets.get(key) ?? 0)
    if (taken >= budget) return false
    this.#store.budgets.putSync(key, String(taken + 1))
    return true
  }

  /** Puts all slots of this step where they belong. */
  settle(): void {
    for (const slot of this.#met.values()) this.schedule.update(slot, this.#now)
  }

  /** Writes what has changed, and forgets slots that have nothing to do. */
  save(): void {
    this.settle()
    for (const slot of this.#met.values()) {
      if (slot.place === 'nowhere' && slot.isIdle) {
        if (slot.stored !== undefined) this.#store.slots.removeSync(nameKey(slot.name))
        continue
      }
      const text = encodeSlot(slot)
      if (text !== slot.stored) this.#store.slots.putSync(nameKey(slot.name), text)
    }
  }

  readonly #policyOf = (name: string): SlotPolicy => {
    const text = this.#store.policies.get(nameKey(name))
    return text === undefined ? this.#settings.slot : { ...this.#settings.slot, ...(JSON.parse(text) as Partial<SlotPolicy>) }
  }
}

/** Higher priorities first. */
function queueKey(id: number, priority: number, position: number): Buffer {
  const key = Buffer.allocUnsafe(ID_SIZE + 2 * NUMBER_SIZE)
  key.writeUIntBE(id, 0, ID_SIZE)
  writeNumber(key, -priority, ID_SIZE)
  writeNumber(key, position, ID_SIZE + NUMBER_SIZE)
  return key
}

function priorityIn(key: Uint8Array): number {
  return 0 - readNumber(key, ID_SIZE)
}

function damaged({ name, queued }: Slot): SkeinError {
  return new SkeinError(
    'ERR_JOB_DAMAGED',
    `The crawl's folder is damaged: ${queued} requests of ${name} should be queued, and none is there. It was likely written when the machine lost power; begin anew with \`flushOnStart\`, or delete the folder.`,
  )
}
