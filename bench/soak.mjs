// An hour's crawl compressed: 300,000 small pages of ten hosts, and faults of every kind (test/support/hostile-*.ts) beside one page in twenty. Checks
// that every request came to one end, that memory does not grow with the crawl, and that nothing is left open; prints JSON and a table; ends with 1
// where something does not hold.
//   --pages N   healthy pages (300000)
//   --slow N    one fault in N is of a kind that takes a deadline: silent, dripping, stalling (10)
import { fork } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { crawl, Spider } from '../dist/index.js'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc')

const { values } = parseArgs({
  options: { pages: { type: 'string', default: '300000' }, slow: { type: 'string', default: '10' } },
})
const perHost = Math.ceil(Number(values.pages) / 10)
const total = perHost * 10
const warm = Math.min(30_000, total / 2)
/** One page in so many brings a fault. */
const EVERY = 20
const GROWTH = 1.2
/** Not the hostile one, nor what it redirects to. */
const HEALTHY = /^http:\/\/127\.0\.0\.(?:[2-9]|1[01]):/
/** Faults have slots of their own, as if they were so many hosts: at one a slow one would hold up all others. */
const HOSTILE_SLOTS = 64
const SLOW = /^(silent|drip-|quick-drip|stalls|endless-100)/

const hosts = await startHosts()
const slow = hosts.faults.filter((name) => SLOW.test(name))
const quick = hosts.faults.filter((name) => !SLOW.test(name))

/** Requests that there are: given by the spider, or by a redirect. */
let given = 0
let done = 0
let faults = 0
const ends = {}
const endedTwice = []
/** Healthy pages that failed, and why: there should be none. */
const unhealthy = []
/** Requests whose end has not come, by how often they were given; bounded by what is queued. */
const open = new Map()
let early

class Soak extends Spider {
  *start() {
    for (const origin of hosts.healthy) yield this.give(this.request(`${origin}/${perHost}/0`))
  }
  *parse(page) {
    if (page.url.startsWith(hosts.hostile)) return
    for (const request of page.followAll('a')) yield this.give(request)
    if (++done % EVERY === 0) {
      const n = faults++
      const name = n % Number(values.slow) === 0 ? slow[(n / Number(values.slow)) % slow.length] : quick[n % quick.length]
      yield this.give(this.request(`${hosts.hostile}/${name}/${n}x?n=200`, { slot: `hostile-${n % HOSTILE_SLOTS}`, priority: 1 }))
    }
    if (done === warm) early = measure()
  }
  give(request) {
    given++
    open.set(request.url, (open.get(request.url) ?? 0) + 1)
    return request
  }
}

const before = resources()
const started = performance.now()
const cpu = process.cpuUsage()
let peakQueue = 0
const result = await crawl(Soak, {
  log: { debugEnabled: false, debug() {}, info() {}, warn() {}, error() {} },
  config: {
    concurrency: 32,
    downloadTimeout: 0.8,
    headersTimeout: 0.5,
    idleTimeout: 0.4,
    maxResponseSize: 1024 * 1024,
    maxRedirects: 5,
    maxRetries: 2,
    retryDelay: 0.05,
    // a tree is crawled to its ends, so that the queue stays short
    order: 'lifo',
    extensions: [
      {
        name: 'soak',
        open({ signals, counts }) {
          const off = signals.on('requestEnded', ({ request, reason, error }) => {
            const { url } = request
            ends[reason] = (ends[reason] ?? 0) + 1
            if (reason !== 'done' && reason !== 'duplicate' && HEALTHY.test(url)) unhealthy.push(String(error ?? reason))
            // the request in its place
            if (reason === 'redirected') given++
            // what a redirect leads to was not given by the spider
            if (request.state.redirectTimes > 0) return
            const left = open.get(url)
            if (left > 1) open.set(url, left - 1)
            else if (!open.delete(url)) endedTwice.push(url)
          })
          const timer = setInterval(async () => {
            const { queued, delayed } = await counts()
            peakQueue = Math.max(peakQueue, queued + delayed)
          }, 250)
          return () => {
            clearInterval(timer)
            off()
          }
        },
      },
    ],
  },
})
const seconds = (performance.now() - started) / 1000
const { user, system } = process.cpuUsage(cpu)
hosts.stop()
await hosts.gone
const left = await settled()
const late = measure()

const ended = Object.values(ends).reduce((sum, n) => sum + n, 0)
const inStats = Object.entries(result.stats)
  .filter(([name]) => name.startsWith('request_end_count/'))
  .reduce((sum, [, n]) => sum + n, 0)
const unended = [...open.keys()]
const checks = {
  finished: result.reason === 'finished' && result.ok,
  'every request has its end': ended === given,
  'stats say the same': inStats === given,
  'none ended twice, none is missing': endedTwice.length === 0 && unended.length === 0,
  'every page was crawled': done === total,
  'nothing is queued or in flight': result.counts.queued + result.counts.delayed + result.counts.leased === 0,
  // a short one has not seen every fault by half-time
  'memory does not grow': total < 2 * 30_000 || late.rss <= GROWTH * early.rss,
  'nothing is left open': left === undefined,
}
const report = {
  pages: done,
  faults,
  requests: given,
  ends,
  errors: Object.fromEntries(Object.entries(result.stats).filter(([name]) => /exception_type_count|exception_count/.test(name))),
  seconds: round(seconds),
  requestsPerSecond: round(given / seconds),
  cpuMicrosecondsPerRequest: round((user + system) / given),
  peakQueue,
  seen: result.counts.seen,
  memory: {
    [`at ${warm} pages`]: mib(early),
    'at the end': mib(late),
    growth: Math.round((late.rss / early.rss) * 1000) / 1000,
    peakRss: round(process.resourceUsage().maxRSS / 1024),
  },
  leftOpen: left,
  unhealthy: unhealthy.slice(0, 10).map((error) => error.slice(0, 200)),
  endedTwice: endedTwice.slice(0, 10).map((url) => url.slice(0, 100)),
  unended: unended.slice(0, 10).map((url) => url.slice(0, 100)),
  checks,
}
console.log(JSON.stringify(report, null, 2))
console.error(
  `\n${Object.entries(checks)
    .map(([what, holds]) => `${holds ? 'holds' : 'FAILS'}  ${what}`)
    .join('\n')}`,
)
process.exit(Object.values(checks).every(Boolean) ? 0 : 1)

function measure() {
  gc()
  return process.memoryUsage()
}

function mib(usage) {
  return Object.fromEntries(Object.entries(usage).map(([name, bytes]) => [name, round(bytes / 2 ** 20)]))
}

/** What keeps a process alive, by kind; the pipe of the hosts comes and goes with them. */
function resources() {
  const kinds = {}
  for (const kind of process.getActiveResourcesInfo()) kinds[kind] = (kinds[kind] ?? 0) + 1
  return kinds
}

/** What is open that was not before, some seconds after the end; undefined for nothing. */
async function settled() {
  let more = {}
  for (let tries = 0; tries < 50; tries++) {
    more = Object.fromEntries(Object.entries(resources()).filter(([kind, n]) => n > (before[kind] ?? 0)))
    if (Object.keys(more).length === 0) return undefined
    await new Promise((resolve) => setImmediate(resolve))
  }
  return more
}

async function startHosts() {
  const child = fork(join(dirname(fileURLToPath(import.meta.url)), 'hostile-host.mjs'), ['0'], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const line = await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve)
    gone.then((code) => reject(new Error(`the hosts ended with ${code}`)))
  })
  return { ...JSON.parse(line), gone, stop: () => child.disconnect() }
}

function round(x) {
  return Math.round(x * 10) / 10
}
