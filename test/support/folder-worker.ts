// A worker of a crawl in a folder that fetches nothing: page n links to 2n + 1 and 2n + 2, and to some before it. Run by folder-program.ts.
// Each commit counts `page/<n>` in its own step, so that the folder itself tells how often a page was committed. Says `done <n>` to its
// parent after each commit. With `dieAfter` it kills itself in the middle of a step; with `paced` it works as far as its parent lets it.
import type { Commit } from '../../src/frontier/contract.ts'
import { lmdbFrontier } from '../../src/frontier/lmdb/lmdb-frontier.ts'
import { Request } from '../../src/http/request.ts'
import { fingerprint } from '../../src/url/fingerprint.ts'
import { hostOf } from '../../src/url/host.ts'
import { systemClock } from '../../src/util/clock.ts'

/** How a worker is to work. */
export interface FolderJob {
  readonly folder: string
  readonly pages: number
  /** Steps it takes and requests it places before it kills itself; absent: it does not. */
  readonly dieAfter?: number
  /** It leases as often as its parent says (`5`), and waits then. */
  readonly paced?: boolean
}

const { folder, pages, dieAfter = Number.POSITIVE_INFINITY, paced = false } = JSON.parse(process.argv[2]!) as FolderJob
let allowed = paced ? 0 : Number.POSITIVE_INFINITY
let letGo = (): void => {}
process.on('message', (count: number) => {
  allowed += count
  letGo()
})
let ticks = 0
const tick = (): void => {
  if (++ticks >= dieAfter) process.kill(process.pid, 'SIGKILL')
}
const silent = { debugEnabled: false, debug() {}, info() {}, warn() {}, error() {} }
const urlOf = (n: number): string => `http://host-${n % 7}.example/${n}`

const backend = lmdbFrontier({
  folder,
  spider: 'pages',
  order: 'lifo',
  slot: { concurrency: 3, delay: 0, randomizeDelay: false },
  slots: {},
  maxDeliveries: 10_000,
  sessionTtl: 30_000,
  slotOf(request) {
    // asked inside of the step that places the request
    tick()
    return hostOf(request.url)
  },
  fingerprint,
  persist: false,
  flushOnStart: false,
  durability: 'process',
  log: silent,
  clock: {
    // asked when a step has begun
    now() {
      tick()
      return Date.now()
    },
    after: systemClock.after,
  },
})
const session = await backend.connect()
if (await session.claimSeeding()) {
  await session.enqueue([new Request(urlOf(0))])
  await session.seeded()
}
for (;;) {
  while (allowed <= 0) await new Promise<void>((resolve) => void (letGo = resolve))
  allowed--
  const { leases, state, nextAt } = await session.lease(5)
  if (state === 'finished' || (state === 'empty' && (await session.finish()))) break
  if (leases.length === 0) {
    await new Promise<void>((resolve) => {
      session.onWake(resolve)
      setTimeout(resolve, Math.max(0, (nextAt ?? Date.now()) - Date.now()))
    })
    continue
  }
  const add: Record<string, number> = {}
  const commits = leases.map((lease): Commit => {
    const n = Number(/\d+$/.exec(lease.request.url)![0])
    add[`page/${n}`] = 1
    const links = [2 * n + 1, 2 * n + 2, n >> 1, n >> 2].filter((link) => link < pages)
    const requests = links.map((link) => new Request(urlOf(link), link % 11 === 0 ? { notBefore: Date.now() + 20 } : {}))
    return { lease, outcome: { type: 'done' }, requests }
  })
  const results = await session.commit(commits, { add, max: {} })
  if (results.some(({ status }) => status !== 'ok')) throw new Error('a lease was given to another while its worker lived')
  process.send!(`done ${results.length}`)
}
await session.close()
await backend.close()
process.disconnect()
