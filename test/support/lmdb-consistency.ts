import { openStore } from '../../src/frontier/lmdb/crawl-store.ts'
import { countHeld } from '../../src/frontier/lmdb/held.ts'
import { ID_SIZE, NUMBER_SIZE, readNumber } from '../../src/frontier/lmdb/ordered-key.ts'
import { decodeSlot } from '../../src/frontier/lmdb/slot.ts'
import { Step } from '../../src/frontier/lmdb/step.ts'

/** Whatever of a crawl in a folder does not fit together: counts and what they count, slots and where they stand, leases and their sessions. */
export async function lmdbInconsistencies(folder: string): Promise<string[]> {
  const store = await openStore(folder, 'process')
  try {
    return store.transact(() => {
      const problems: string[] = []
      const equal = (what: string, a: unknown, b: unknown): void => {
        if (a !== b) problems.push(`${what}: ${a} and ${b}`)
      }
      const crawl = Step.read(store)
      if (crawl === undefined) return []
      const policy = { concurrency: 1, delay: 0, randomizeDelay: false }
      const slots = [...store.slots.getRange()].map(({ value }) => decodeSlot(value, () => policy))
      const queue = [...store.queue.getKeys({ start: Buffer.alloc(1) })]
      const leases = [...store.leases.getKeys()]
      equal('queued', crawl.queued, queue.length)
      equal('leased', crawl.leased, leases.length)
      equal('delayed', crawl.delayed, [...store.delayed.getKeys()].length)
      equal('held', countHeld(crawl), [...store.held.getKeys()].length)
      equal('dead', crawl.dead, [...store.dead.getKeys()].length)
      equal('seen', crawl.seen, store.countSeen())
      equal('queued in slots', crawl.queued, sum(slots.map((slot) => slot.queued)))
      equal('leased in slots', crawl.leased, sum(slots.map((slot) => slot.leased)))
      for (const slot of slots) {
        const own = queue.filter((key) => key.readUIntBE(0, ID_SIZE) === slot.id)
        equal(`queued of ${slot.name}`, slot.queued, own.length)
        if (own.length > 0) equal(`priority of ${slot.name}`, slot.priority, 0 - readNumber(own[0]!, ID_SIZE))
      }
      const entries = [...store.schedule.getRange()].map(({ key, value }) => `${key[0]} ${value}`).sort()
      const orders = { ready: [1, 2, 3], waiting: [4], idle: [5], nowhere: [] }
      const expected = slots.flatMap(({ place, name }) => orders[place].map((order) => `${order} ${name}`)).sort()
      equal('schedule', entries.join(), expected.join())
      const sessions = new Set([...store.sessions.getKeys()].map((key) => readNumber(key, 0)))
      for (const key of leases) {
        const [session, token] = [readNumber(key, 0), readNumber(key, NUMBER_SIZE)]
        if (!sessions.has(session)) problems.push(`the lease ${token} belongs to nobody`)
        if (token > crawl.token) problems.push(`the token ${token} may be given again`)
      }
      return problems
    })
  } finally {
    await store.close()
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0)
}
