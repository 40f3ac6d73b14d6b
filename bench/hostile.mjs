// What one hostile host costs ten healthy ones: the same crawl of ten, with and without an eleventh beside them that goes through every fault of
// test/support/hostile-*.ts, in alternating rounds. Prints pages per second of the healthy ones, and their ratio; ends with 1 where that is below 0.9.
//   --pages N     pages of each healthy host (1000)
//   --latency MS  a healthy answer takes (20)
//   --rounds N    of each; medians count (3)
//   --only A,B    only these faults
//   --concurrency N, --per-slot N   in place of the defaults
import { fork } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { crawl, Spider } from '../dist/index.js'

const TARGET = 0.9
/** Not the hostile one, nor what it redirects to. */
const HEALTHY = /^http:\/\/127\.0\.0\.(?:[2-9]|1[01]):/
/** What the defaults are (180, 120 and 60 s), much quicker, as these crawls are much shorter than real ones. */
const DEADLINES = { downloadTimeout: 0.8, headersTimeout: 0.6, idleTimeout: 0.4 }
/** Large answers are stopped where they would be by default, in the same proportion to the pages beside them. */
const SIZES = { maxResponseSize: 2 * 1024 * 1024 }

const { values } = parseArgs({
  options: {
    pages: { type: 'string', default: '1000' },
    latency: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    concurrency: { type: 'string' },
    'per-slot': { type: 'string' },
  },
})
const pages = Number(values.pages)
const hosts = await startHosts(values.latency)
const faults = values.only?.split(',') ?? hosts.faults

const rates = { without: [], with: [] }
const rounds = []
for (let round = 0; round <= Number(values.rounds); round++) {
  // the first one is for the compiler
  for (const kind of round % 2 === 0 ? ['without', 'with'] : ['with', 'without']) {
    const measured = await crawlOnce(kind === 'with')
    if (round === 0) continue
    rates[kind].push(measured.pagesPerSecond)
    rounds.push({ round, kind, ...measured })
    process.stderr.write(`round ${round}, ${kind}: ${JSON.stringify(measured)}\n`)
  }
}
hosts.stop()

const alone = median(rates.without)
const beside = median(rates.with)
const ratio = Math.round((beside / alone) * 1000) / 1000
console.log(
  JSON.stringify(
    { hosts: 10, pages, latency: Number(values.latency), pagesPerSecond: { alone, beside }, ratio, target: TARGET, rounds },
    null,
    2,
  ),
)
process.exit(ratio >= TARGET ? 0 : 1)

async function crawlOnce(hostile) {
  let done = 0
  const failures = []
  let hostileEnds = 0
  let last = 0
  let first = 0
  const over = new AbortController()
  class Ten extends Spider {
    *start() {
      // so many that it never has none
      if (hostile) for (let n = 0; n < 4000; n++) yield this.request(`${hosts.hostile}/${faults[n % faults.length]}/${n}?n=2000`)
      for (const origin of hosts.healthy) yield this.request(`${origin}/${pages}/0`)
    }
    *parse(page) {
      if (!page.url.startsWith(hosts.hostile)) yield* page.followAll('a')
    }
  }
  const cpu = process.cpuUsage()
  await crawl(Ten, {
    force: over.signal,
    log: { debugEnabled: false, debug() {}, info() {}, warn() {}, error() {} },
    config: {
      ...DEADLINES,
      ...SIZES,
      ...(values.concurrency === undefined ? {} : { concurrency: Number(values.concurrency) }),
      ...(values['per-slot'] === undefined ? {} : { concurrencyPerSlot: Number(values['per-slot']) }),
      order: 'fifo',
      extensions: [
        {
          name: 'measure',
          open({ signals }) {
            return signals.on('requestEnded', ({ request: { url }, reason, error }) => {
              if (!HEALTHY.test(url)) {
                hostileEnds++
                return
              }
              if (reason === 'duplicate') return
              first ||= performance.now()
              last = performance.now()
              if (reason === 'done') done++
              else failures.push(String(error ?? reason))
              if (done + failures.length === 10 * pages) over.abort()
            })
          },
        },
      ],
    },
  })
  if (done !== 10 * pages)
    throw new Error(`expected ${10 * pages} healthy pages done, got ${done}, and of others: ${failures[0]}`)
  const { user, system } = process.cpuUsage(cpu)
  return {
    pagesPerSecond: Math.round((done / (last - first)) * 1000),
    hostileEnds,
    cpuSeconds: Math.round((user + system) / 1e4) / 100,
  }
}

async function startHosts(latency) {
  const child = fork(join(dirname(fileURLToPath(import.meta.url)), 'hostile-host.mjs'), [latency], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const line = await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve)
    child.once('exit', (code) => reject(new Error(`the hosts ended with ${code}`)))
  })
  return { ...JSON.parse(line), stop: () => child.disconnect() }
}

function median(numbers) {
  return numbers.sort((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)]
}
