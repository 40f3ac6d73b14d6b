// What a lease costs in Redis, as the queue and the number of hosts grow; and how a big host and many small ones share the workers.
// A table on standard error, JSON on standard output.
//   --most N     requests in the largest queue (1000000); the largest number of hosts is a tenth of it
//   --rounds N   over all queues in turn, so that a machine that slows down slows all of them; medians are reported (15)
//   --seconds N  for the big host and the small ones (10); 0 leaves that out
// A round leases 20 x 16 requests and gives them back. `cpu` is what the server process used, network and parsing included; `script` is the
// time inside the calls; `wall` is what the worker waits. Microseconds per lease.
import { parseArgs } from 'node:util'
import { cpuOf, freeOptions, line, median, round, scriptTime, source, withRedis } from './redis-lab.mjs'

const BATCH = 16
const CALLS = 20
/** Of the big host and the small ones: each slot as a polite crawler would treat it. */
const POLITE = { concurrency: 2, delay: 100, randomizeDelay: false }
const SMALL_HOSTS = 10_000

const { values } = parseArgs({
  options: {
    most: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '15' },
    seconds: { type: 'string', default: '10' },
  },
})
const most = Number(values.most)
const rounds = Number(values.rounds)
const { redisFrontier } = await source('frontier/redis/redis-frontier.ts')
const { Request } = await source('http/request.ts')
const { fingerprint } = await source('url/fingerprint.ts')
const { hostOf } = await source('url/host.ts')

const powers = (from, to) => Array.from({ length: Math.log10(to / from) + 1 }, (_, i) => from * 10 ** i)
const shapes = [
  ...powers(1000, most).map((each) => ({ name: `1 host with ${each}`, group: 'queued', hosts: 1, each })),
  ...powers(100, most / 10).map((hosts) => ({ name: `${hosts} hosts with 10 each`, group: 'hosts', hosts, each: 10 })),
  { name: `${SMALL_HOSTS} with 5, one with ${most / 10}`, group: 'mixed', hosts: SMALL_HOSTS, each: 5, big: most / 10 },
]

const result = await withRedis(async ({ redis, url }) => {
  const crawls = []
  for (const [i, shape] of shapes.entries()) {
    process.stderr.write(`filling: ${shape.name}\n`)
    const { session, close } = await open(url, `shape${i}`)
    await fill(session, shape)
    crawls.push({ ...shape, session, close, cpu: [], script: [], wall: [] })
  }
  for (let round = 0; round <= rounds; round++) for (const crawl of crawls) await measure(redis, crawl, round > 0)
  const figures = crawls.map(({ name, group, cpu, script, wall }) => ({
    name,
    group,
    cpu: round2(cpu),
    script: round2(script),
    wall: round2(wall),
  }))
  for (const { close } of crawls) await close()
  await redis.sendCommand(['FLUSHALL', 'SYNC'])
  return { figures, polite: Number(values.seconds) > 0 ? await share(url, Number(values.seconds)) : undefined }
})

line(['us per lease, batches of 16', 'cpu', 'script', 'wall'])
for (const { name, cpu, script, wall } of result.figures) line([name, cpu, script, wall])
const ratios = {}
for (const group of ['queued', 'hosts']) {
  const of = result.figures.filter((figure) => figure.group === group)
  ratios[group] = Object.fromEntries(['cpu', 'script', 'wall'].map((key) => [key, round(of.at(-1)[key] / of[0][key])])) // prettier-ignore
  line([`largest to smallest, ${group}`, ...Object.values(ratios[group])])
}
if (result.polite !== undefined) process.stderr.write(`${JSON.stringify(result.polite)}\n`)
console.log(JSON.stringify({ batch: BATCH, node: process.version, ...result, ratios }, null, 2))

async function open(url, name, options = {}) {
  const backend = redisFrontier(freeOptions(url, name, { fingerprint, slotOf: (request) => hostOf(request.url), ...options }))
  const session = await backend.connect()
  await session.claimSeeding()
  return {
    session,
    close: async () => {
      await session.close()
      await backend.close()
    },
  }
}

/** Requests to hosts in turn, as a crawl would find them. */
async function fill(session, { hosts, each, big = 0 }) {
  let requests = []
  const add = async (host, i) => {
    requests.push(new Request(`http://host-${host}.example/page/${i}.html`))
    if (requests.length < 500) return
    await session.enqueue(requests)
    requests = []
  }
  for (let i = 0; i < each; i++) for (let host = 0; host < hosts; host++) await add(host, i)
  for (let i = 0; i < big; i++) await add('big', i)
  await session.enqueue(requests)
}

async function measure(redis, { session, name, cpu, script, wall }, keep) {
  const leases = []
  // what another queue has driven out of the processor's memory comes back
  await session.release((await session.lease(BATCH)).leases)
  const cpuBefore = await cpuOf(redis)
  const scriptBefore = await scriptTime(redis)
  const start = performance.now()
  for (let call = 0; call < CALLS; call++) leases.push(...(await session.lease(BATCH)).leases)
  const milliseconds = performance.now() - start
  if (leases.length !== BATCH * CALLS) throw new Error(`${name}: ${leases.length} leases, ${BATCH * CALLS} expected`)
  const scriptAfter = await scriptTime(redis)
  const cpuAfter = await cpuOf(redis)
  await session.release(leases)
  if (!keep) return
  cpu.push((cpuAfter - cpuBefore) / leases.length)
  script.push((scriptAfter - scriptBefore) / leases.length)
  wall.push((milliseconds * 1000) / leases.length)
}

/** A worker that does nothing but lease and commit meets a big host and many small ones. */
async function share(url, seconds) {
  process.stderr.write(`for ${seconds} seconds: ${SMALL_HOSTS} hosts with 5, one with ${most / 10}, delay 0.1 s, 2 at once\n`)
  const { session, close } = await open(url, 'share', { slot: POLITE })
  await fill(session, { hosts: SMALL_HOSTS, each: 5, big: most / 10 })
  await session.seeded()
  const start = performance.now()
  const served = { firstSecond: { small: 0, big: 0 }, all: { small: 0, big: 0 } }
  let elapsed = 0
  while (elapsed < seconds) {
    const { leases, nextAt } = await session.lease(64)
    elapsed = (performance.now() - start) / 1000
    for (const { slot } of leases) {
      const kind = slot === 'host-big.example' ? 'big' : 'small'
      served.all[kind]++
      if (elapsed < 1) served.firstSecond[kind]++
    }
    await session.commit(leases.map((lease) => ({ lease, outcome: { type: 'done' } })))
    if (leases.length === 0) await new Promise((resolve) => setTimeout(resolve, Math.max(1, (nextAt ?? 0) - Date.now())))
  }
  await close()
  return { seconds: round(elapsed), ...served, bigAtMost: Math.floor(elapsed / (POLITE.delay / 1000)) + 1 }
}

function round2(numbers) {
  return round(median(numbers))
}
