// What a page of 30 links, of which 9 are new, costs Redis and the worker: its lease, its commit and what its links take in the queue.
// A table on standard error, JSON on standard output. CPU microseconds per page, medians of the rounds.
//   --pages N   of each round (1600)
//   --rounds N  (9)
// `known`: the worker itself met the other 21 links before, and does not send them. `met by others`: only Redis knows them.
import { parseArgs } from 'node:util'
import { cpuOf, freeOptions, line, median, round, scriptTime, source, withRedis } from './redis-lab.mjs'

const BATCH = 16
const LINKS = 30
const NEW = 9

const { values } = parseArgs({
  options: { pages: { type: 'string', default: '1600' }, rounds: { type: 'string', default: '9' } },
})
const pages = Number(values.pages)
const rounds = Number(values.rounds)
const { redisFrontier } = await source('frontier/redis/redis-frontier.ts')
const { Request } = await source('http/request.ts')
const { fingerprint } = await source('url/fingerprint.ts')
const { hostOf } = await source('url/host.ts')

const result = await withRedis(async ({ redis, url }) => {
  const crawls = []
  for (const hosts of [1, 1000]) {
    for (const known of [true, false]) {
      const name = `${hosts} ${hosts === 1 ? 'host' : 'hosts'}, ${known ? 'known' : 'met by others'}`
      crawls.push({ ...(await open(url, name, hosts, known)), redisCpu: [], script: [], nodeCpu: [] })
    }
  }
  for (let i = 0; i <= rounds; i++) for (const crawl of crawls) await measure(redis, crawl, i > 0)
  for (const { close } of crawls) await close()
  return crawls.map(({ name, redisCpu, script, nodeCpu }) => ({
    name,
    redisCpu: round(median(redisCpu), 1),
    script: round(median(script), 1),
    nodeCpu: round(median(nodeCpu), 1),
  }))
})

line(['us per page', 'redis CPU', 'script', 'node CPU'])
for (const { name, redisCpu, script, nodeCpu } of result) line([name, redisCpu, script, nodeCpu])
console.log(JSON.stringify({ batch: BATCH, links: LINKS, new: NEW, node: process.version, pages: result }, null, 2))

async function open(url, name, hosts, known) {
  const options = freeOptions(url, name.replaceAll(/\W+/g, '-'), { fingerprint, slotOf: (request) => hostOf(request.url) })
  const backend = redisFrontier(options)
  const session = await backend.connect()
  await session.claimSeeding()
  // pages as a site would link them: some that are new, others of those found before
  let next = 0
  const page = (i) => new Request(`http://www${(i * 7919) % hosts}.example.org/articles/2026/some-words-of-a-title-${i}.html`)
  const linksOf = () => {
    const found = []
    for (let i = 0; i < NEW; i++) found.push(page(next++))
    // those of the last pages but the last batch, which are known for sure
    for (let i = 0; i < LINKS - NEW; i++) found.push(page(Math.max(0, next - NEW - BATCH * NEW - ((i * 31) % 1000))))
    return found
  }
  while (next < 2000) await session.enqueue(Array.from({ length: 500 }, () => page(next++)))
  // a worker for one batch, which has met none of the links
  const stranger = () => backend.connect()
  const close = async () => {
    await session.close()
    await backend.close()
  }
  return { name, known, session, stranger, linksOf, close }
}

async function measure(redis, { known, session, stranger, linksOf, redisCpu, script, nodeCpu }, keep) {
  let used = 0
  let scripts = 0
  let node = 0
  for (let done = 0; done < pages; done += BATCH) {
    const worker = known ? session : await stranger()
    const found = Array.from({ length: BATCH }, linksOf)
    const scriptBefore = await scriptTime(redis)
    const cpuBefore = await cpuOf(redis)
    const nodeBefore = process.cpuUsage()
    const { leases } = await worker.lease(BATCH)
    if (leases.length !== BATCH) throw new Error(`${leases.length} leases, ${BATCH} expected`)
    await worker.commit(leases.map((lease, i) => ({ lease, outcome: { type: 'done' }, requests: found[i] })))
    const { user, system } = process.cpuUsage(nodeBefore)
    node += user + system
    used += (await cpuOf(redis)) - cpuBefore
    scripts += (await scriptTime(redis)) - scriptBefore
    if (worker !== session) await worker.close()
  }
  if (!keep) return
  redisCpu.push(used / pages)
  script.push(scripts / pages)
  nodeCpu.push(node / pages)
}
