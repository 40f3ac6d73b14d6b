import { statfsSync } from 'node:fs'
import type { Database, PutOptions, RootDatabase } from 'lmdb'
import { SkeinError } from '../../errors.ts'
import { grouped } from '../../util/grouped.ts'

/** Address space set aside for the file, which itself is as large as what is in it: no crawl comes near this. */
const MAP_SIZE = 2 ** 40
/** Free bytes below which a crawl is not opened, and a write that failed is put down to the disk being full. */
const FULL = 1 << 20

/**
 * A step is over when its pages are on the disk. The head that makes them the crawl follows with the pages of the next step, so that one wait
 * is enough, and the tree of the step before is left alone until then: half as dear as the package's own way, which waits for both.
 */
const POWER = { overlappingSync: false, noMetaSync: true }

const ENOMEM = 12
/** What LMDB says of a tree that leads nowhere: MDB_PAGE_NOTFOUND, MDB_CORRUPTED, MDB_VERSION_MISMATCH, MDB_INVALID. */
const DAMAGED: ReadonlySet<unknown> = new Set([-30_797, -30_796, -30_794, -30_793])
const NOTHING = Buffer.alloc(0)

type Texts = Database<string, Buffer>

/** The tables of a crawl in one LMDB environment, each of them ordered by its keys. */
export interface CrawlStore {
  /** `crawl` and `settings`, as JSON. */
  readonly meta: Texts
  /** By name: what all workers counted. */
  readonly stats: Texts
  /** By number: the sessions, as JSON. */
  readonly sessions: Texts
  /** By name: the slots that have something to do. */
  readonly slots: Texts
  /** By name: how slots are treated that differ. */
  readonly policies: Texts
  /** By name: requests that slots have taken, where a budget bounds them. */
  readonly budgets: Texts
  /** Which slot goes next, see {@link SlotSchedule}. */
  readonly schedule: Texts
  /** By slot, priority and position: the requests that wait for their turn. The first of a slot is the next to go. */
  readonly queue: Texts
  /** By time: the requests whose time has not come. */
  readonly delayed: Texts
  /** By callback and position: the requests that wait for a worker that has it, see `held.ts`. */
  readonly held: Texts
  /** By session and token: the requests that are leased. */
  readonly leases: Texts
  /** By token: the requests that failed for good. */
  readonly dead: Texts
  isSeen(fingerprint: Buffer): boolean
  /** How many fingerprints there are, by a look at the table itself. */
  countSeen(): number
  /** Adds a fingerprint of 8 bytes to those that were seen; false when it was there. Part of a step. */
  see(fingerprint: Buffer): boolean
  /** Takes one step: all that `work` writes is there afterwards, or, when it throws or the disk is full, nothing. Not to be nested. */
  transact<T>(work: () => T): T
  /** What is read outside of steps is as of now, not as of the last time that this process wrote or waited. */
  refresh(): void
  /** Empties all tables but `meta`. Part of a step. */
  clear(): void
  /** Waits until all is on the disk, and closes the file. */
  close(): Promise<void>
}

/** Opens the tables in a folder; they are made where they are missing. Rejects with what {@link storeError} says. */
export async function openStore(folder: string, durability: 'process' | 'power'): Promise<CrawlStore> {
  // LMDB writes to a map of its lock file, for which the system kills the process where it has no room
  if (freeAt(folder) < FULL) throw full(folder, freeAt(folder))
  const { open } = await import('lmdb')
  try {
    return tablesIn(openRoot(open, folder, durability), folder)
  } catch (error) {
    throw explained(error, folder)
  }
}

function tablesIn(root: RootDatabase, folder: string): CrawlStore {
  const texts = (name: string): Texts => root.openDB<string, Buffer>({ name, encoding: 'string', keyEncoding: 'binary' })
  const tables = {
    stats: texts('stats'),
    sessions: texts('sessions'),
    slots: texts('slots'),
    policies: texts('policies'),
    budgets: texts('budgets'),
    schedule: texts('schedule'),
    queue: texts('queue'),
    delayed: texts('delayed'),
    held: texts('held'),
    leases: texts('leases'),
    dead: texts('dead'),
    seen: root.openDB<Buffer, Buffer>({ name: 'seen', encoding: 'binary', keyEncoding: 'binary' }),
  }
  const { seen, ...others } = tables
  // unlike the package's types say, it tells whether the key is new
  const put = seen.putSync.bind(seen) as (key: Buffer, value: Buffer, options: PutOptions) => unknown
  return {
    ...others,
    meta: texts('meta'),
    countSeen: () => seen.getKeysCount(),
    isSeen: (fingerprint) => seen.get(fingerprint) !== undefined,
    see: (fingerprint) => put(fingerprint, NOTHING, { noOverwrite: true }) === true,
    transact(work) {
      try {
        return root.transactionSync(work)
      } catch (error) {
        throw explained(error, folder)
      }
    },
    refresh: () => root.resetReadTxn(),
    clear() {
      for (const table of Object.values(tables)) table.clearSync()
    },
    async close() {
      await synced(root)
      await root.close()
    },
  }
}

function openRoot(open: typeof import('lmdb').open, folder: string, durability: 'process' | 'power'): RootDatabase {
  const options = { noSubdir: false, maxDbs: 16, ...(durability === 'process' ? { noSync: true } : POWER) }
  // Windows makes the file as large as its map; there, and where address space is limited, the map grows with the file
  if (process.platform === 'win32') return open(folder, options)
  try {
    return open(folder, { ...options, mapSize: MAP_SIZE })
  } catch (error) {
    if ((error as { code?: unknown }).code !== ENOMEM) throw error
    return open(folder, options)
  }
}

/** `sync` is missing in the package's types. */
function synced(root: RootDatabase): Promise<void> {
  const { sync } = root as unknown as { sync(done: (error?: unknown) => void): void }
  return new Promise((resolve, reject) => sync.call(root, (error) => (error ? reject(error) : resolve())))
}

function explained(error: unknown, folder: string): unknown {
  return typeof (error as { code?: unknown }).code === 'number' ? storeError(error as Error, folder, freeAt(folder)) : error
}

/**
 * What LMDB says of a step that could not be taken, as an error that says what to do.
 *
 * @param free bytes that are left on the disk: a write that it has room for in part is said to be an input/output error
 */
export function storeError(error: Error, folder: string, free: number): SkeinError {
  if (free < FULL) return full(folder, free, { cause: error })
  if (DAMAGED.has((error as { code?: unknown }).code)) {
    return new SkeinError(
      'ERR_JOB_DAMAGED',
      `The crawl in ${folder} is damaged: ${error.message}. The machine lost power, something else wrote into it, or it was copied while it ran; put a copy back, or delete the folder to begin anew.`,
      { cause: error },
    )
  }
  return new SkeinError(
    'ERR_JOB_STORE',
    `The crawl in ${folder} could not be read or written: ${error.message}. What was committed before is in it; see to the disk, and start again.`,
    { cause: error },
  )
}

function full(folder: string, free: number, options?: ErrorOptions): SkeinError {
  return new SkeinError(
    'ERR_JOB_FULL',
    `The disk of ${folder} is full: ${grouped(free)} bytes are left. The crawl in it is whole; free some space, and the same command goes on with it.`,
    options,
  )
}

/** Some file systems do not tell how large they are. */
function freeAt(folder: string): number {
  const { bavail, bsize, blocks } = statfsSync(folder)
  return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize
}
