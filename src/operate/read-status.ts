import { decodeSlot } from '../frontier/redis/redis-keys.ts'
import type { CrawlStatus, LeaseStatus, WorkerStatus } from './contract.ts'
import type { CrawlHandle } from './crawl-handle.ts'
import { whereTo } from './dead-letter.ts'
import { operatorScripts } from './operator-scripts.ts'
import { listOf, numberOf, pairsOf } from './reply.ts'

/** Reads a crawl as it stands, and how full its Redis is. */
export async function readStatus(handle: CrawlHandle, leases = 10): Promise<CrawlStatus> {
  const [reply, info] = await Promise.all([
    handle.run(operatorScripts.status, [String(leases)]),
    // what one may not ask must not keep one from the rest
    handle.command('INFO').catch(() => ''),
  ])
  const [, time, crawlHash, statsHash, lengths, seedType, sessions, oldest] = reply
  const now = numberOf(time)
  const crawl = pairsOf(crawlHash)
  const text = (field: string): string => crawl.get(field) ?? ''
  const number = (field: string): number => numberOf(crawl.get(field))
  const [delayed, dead, hosts, items, seeds, deadSeeds] = listOf(lengths).map(numberOf) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const workers = listOf(sessions).map((worker) => readWorker(listOf(worker), now, number('sessionTtl')))
  const byName = new Map(workers.map((worker) => [worker.session, worker]))
  return {
    crawl: handle.crawl,
    state: (text('state') || 'running') as CrawlStatus['state'],
    control: text('control') as CrawlStatus['control'],
    reason: text('reason'),
    seeded: number('seeded') === 1,
    startedAt: number('started'),
    now,
    workers,
    totals: {
      queued: number('queued'),
      delayed,
      leased: number('leased'),
      done: number('done'),
      dead,
      held: number('held'),
      seen: number('seen'),
      hosts,
      items,
    },
    stats: Object.fromEntries(
      [...pairsOf(statsHash)].map(([name, value]) => [name, numberOf(value)]).sort(([a], [b]) => (a! < b! ? -1 : 1)),
    ),
    leases: listOf(oldest).map((lease) => readLease(listOf(lease), byName)),
    seeds: { key: handle.keys.all[2], type: String(seedType), waiting: seeds, dead: deadSeeds },
    redis: readInfo(String(info)),
  }
}

function readWorker([session, expiry, leased, hash]: readonly unknown[], now: number, sessionTtl: number): WorkerStatus {
  const worker = pairsOf(hash)
  const startedAt = numberOf(worker.get('started'))
  // whatever a worker asks for puts its end off, not its beats alone
  const lastBeat = Math.max(numberOf(worker.get('lastBeat')), sessionTtl > 0 ? numberOf(expiry) - sessionTtl : 0)
  const pages = numberOf(worker.get('pages'))
  const seconds = Math.max(now - startedAt, 1) / 1000
  return {
    session: String(session),
    host: worker.get('host') ?? '',
    pid: numberOf(worker.get('pid')),
    version: worker.get('version') ?? '',
    alive: numberOf(expiry) > now,
    startedAt,
    lastBeat,
    lag: Math.max(0, now - lastBeat),
    pages,
    items: numberOf(worker.get('items')),
    leased: numberOf(leased),
    rate: startedAt === 0 ? 0 : Math.round((pages / seconds) * 100) / 100,
  }
}

function readLease(
  [age, token, session, deliveries, slot, request]: readonly unknown[],
  workers: ReadonlyMap<string, WorkerStatus>,
): LeaseStatus {
  const worker = workers.get(String(session))
  return {
    token: numberOf(token),
    ...whereTo(String(request)),
    slot: decodeSlot(String(slot)),
    worker: worker === undefined || worker.host === '' ? String(session) : `${worker.host}:${worker.pid}`,
    deliveries: numberOf(deliveries),
    age: numberOf(age),
  }
}

function readInfo(info: string): CrawlStatus['redis'] {
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  const version = field('valkey_version') ?? field('redis_version')
  const used = field('used_memory')
  const most = field('maxmemory')
  return {
    ...(version === undefined ? {} : { version }),
    ...(used === undefined ? {} : { usedMemory: Number(used) }),
    ...(most === undefined ? {} : { maxMemory: Number(most) }),
  }
}
