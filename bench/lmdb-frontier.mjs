// What a page of 30 links costs a crawl that is kept in a folder, as the crawl grows: its lease, its commit, and what its links take in the
// queue and the seen set. Prints JSON: for each case, at each power of ten of pages: pages a second, CPU microseconds per page, memory of the
// process apart from pages of the file that it has mapped (which are the system's cache), and the size of the file.
//   --pages N          of each case (100000)
//   --batch N          leases and commits in one call (16)
//   --durability WHAT  process or power (process)
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { line, round, source } from './redis-lab.mjs'

const LINKS = 30
const CASES = [
  // all links are new to the crawl: nothing is found twice
  { name: 'all new', hosts: 1, fresh: 30 },
  // nine are, and this worker has met the other 21 before
  { name: '9 new, 1 host', hosts: 1, fresh: 9 },
  { name: '9 new, 1000 hosts', hosts: 1000, fresh: 9 },
  // one is: the queue stays as long as it is, as in the long middle of a crawl
  { name: '1 new, 1000 hosts', hosts: 1000, fresh: 1 },
  // nine are, and the others are known to the folder only
  { name: '9 new, 21 met long ago', hosts: 1000, fresh: 9, far: true },
]

const { values } = parseArgs({
  options: {
    pages: { type: 'string', default: '100000' },
    batch: { type: 'string', default: '16' },
    durability: { type: 'string', default: 'process' },
  },
})
const [pages, batch] = [Number(values.pages), Number(values.batch)]
const windows = [1_000, 10_000, 100_000, 1_000_000].filter((n) => n <= pages)
const { lmdbFrontier } = await source('frontier/lmdb/lmdb-frontier.ts')
const { Request } = await source('http/request.ts')
const { fingerprint } = await source('url/fingerprint.ts')
const { hostOf } = await source('url/host.ts')
const silent = { debugEnabled: false, debug() {}, info() {}, warn() {}, error() {} }

const results = []
line(['', 'pages', 'pages/s', 'CPU us/page', 'memory MiB', 'file MiB', 'bytes/link'])
for (const one of CASES) results.push({ ...one, at: await measure(one) })
console.log(
  JSON.stringify({ links: LINKS, batch, durability: values.durability, node: process.version, cases: results }, null, 2),
)

async function measure({ name, hosts, fresh, far = false }) {
  const folder = mkdtempSync(join(tmpdir(), 'skein-bench-'))
  const backend = lmdbFrontier({
    folder: join(folder, 'crawl'),
    spider: 'bench',
    order: 'fifo',
    slot: { concurrency: 1_000_000, delay: 0, randomizeDelay: false },
    slots: {},
    maxDeliveries: 5,
    sessionTtl: 30_000,
    slotOf: (request) => hostOf(request.url),
    fingerprint,
    persist: false,
    flushOnStart: false,
    durability: values.durability,
    log: silent,
  })
  const session = await backend.connect()
  await session.claimSeeding()
  let next = 0
  const page = (i) => new Request(`http://www${(i * 7919) % hosts}.example.org/articles/2026/some-words-of-a-title-${i}.html`)
  const linksOf = () => {
    const found = []
    for (let i = 0; i < fresh; i++) found.push(page(next++))
    for (let i = fresh; i < LINKS; i++) {
      const back = far ? (next * 31 + i * 7907) % next : Math.max(0, next - fresh - batch * fresh - ((i * 31) % 1000))
      found.push(page(back))
    }
    return found
  }
  while (next < 2000) await session.enqueue(Array.from({ length: 500 }, () => page(next++)))
  const at = []
  let [done, spent] = [0, 0]
  let cpu = process.cpuUsage()
  for (let count = 0, counted = 0; count < pages; ) {
    const found = Array.from({ length: batch }, linksOf)
    const start = performance.now()
    const before = process.cpuUsage()
    const { leases } = await session.lease(batch)
    await session.commit(leases.map((lease, i) => ({ lease, outcome: { type: 'done' }, requests: found[i] })))
    cpu = process.cpuUsage(before)
    spent += cpu.user + cpu.system
    done += performance.now() - start
    count += leases.length
    const width = Math.max(windows.find((n) => n >= count) / 2, 500)
    if (count - counted < width && !windows.some((n) => count >= n && count - leases.length < n)) continue
    if (windows.some((n) => count >= n && count - leases.length < n)) {
      const size = statSync(join(folder, 'crawl/data.mdb')).size
      const row = {
        pages: count,
        pagesPerSecond: Math.round(((count - counted) / done) * 1000),
        cpuPerPage: round(spent / (count - counted), 1),
        memoryMiB: Math.round(ownMemory() / 2 ** 20),
        fileMiB: Math.round(size / 2 ** 20),
        bytesPerNewLink: Math.round(size / next),
      }
      at.push(row)
      line([name, ...Object.values(row)])
    }
    ;[counted, done, spent] = [count, 0, 0]
  }
  await session.close()
  await backend.close()
  rmSync(folder, { recursive: true })
  return at
}

/** What the process has taken for itself. */
function ownMemory() {
  try {
    return Number(/RssAnon:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))[1]) * 1024
  } catch {
    return process.memoryUsage.rss()
  }
}
