// npm run bench: what a crawl costs, as JSON on standard output.
//   --pages N     pages of the built-in site (5000)
//   --site URL    crawl this site instead, such as the one of a peer comparison
//   --handled N   largest crawl for the cost per page (1000000)
//   --rounds N    of each crawl; medians are reported (3)
import { fork, spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const here = dirname(fileURLToPath(import.meta.url))
const { values } = parseArgs({
  options: {
    pages: { type: 'string', default: '5000' },
    site: { type: 'string' },
    handled: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
  },
})

const site = values.site === undefined ? await startSite(values.pages) : { url: values.site, stop() {} }
const crawls = {}
for (const name of ['css', 'links']) {
  const rounds = []
  for (let round = 0; round < Number(values.rounds); round++) {
    progress(`${name}, round ${round + 1} of ${values.rounds}`)
    rounds.push(await crawlOnce(`peer-${name}.mjs`, site.url))
  }
  crawls[name] = Object.fromEntries(Object.keys(rounds[0]).map((key) => [key, median(rounds.map((round) => round[key]))]))
}
site.stop()
progress(`cost per page up to ${values.handled} handled requests`)
const growth = JSON.parse((await runNode(['growth.mjs', values.handled])).output)
progress('cost of the default middlewares')
const chain = JSON.parse((await runNode(['chain.mjs', '--json', '--no-limit'])).output)
const machine = { node: process.version, cpu: cpus()[0].model, cores: cpus().length }
console.log(JSON.stringify({ machine, site: values.site ?? `built-in, ${values.pages} pages`, crawls, growth, chain }, null, 2))

/** One crawl in a process of its own. CPU and memory are what the system says of that process. */
async function crawlOnce(script, url) {
  const output = join(tmpdir(), `skein-bench-${process.pid}.jsonl`)
  const start = performance.now()
  const { output: printed, usage } = await runNode([script], { PEER_START: url, PEER_OUT: output, PEER_CONCURRENCY: '64' })
  const seconds = (performance.now() - start) / 1000
  const { pages, t0, t1 } = JSON.parse(/PEER (.*)/.exec(printed)[1])
  const items = readFileSync(output, 'utf8').split('\n').length - 1
  rmSync(output)
  if (items !== pages) throw new Error(`${script}: ${pages} pages, but ${items} items`)
  return {
    pages,
    pagesPerSecond: round(pages / seconds),
    pagesPerSecondCrawlOnly: round(pages / (t1 - t0)),
    cpuSecondsPer1000Pages: round(((usage.userCPUTime + usage.systemCPUTime) / 1e6 / pages) * 1000, 3),
    peakMiB: round(usage.maxRSS / 1024),
  }
}

/** Runs a script of this folder; at its end it tells what it used. */
function runNode(args, env = {}) {
  const report = `data:text/javascript,process.on('exit',()=>console.error('USAGE '+JSON.stringify(process.resourceUsage())))`
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', report, ...args], { cwd: here, env: { ...process.env, ...env } })
    let output = ''
    let errors = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (errors += chunk))
    child.on('exit', (code) => {
      if (code !== 0) reject(new Error(`${args.join(' ')} ended with ${code}:\n${errors}`))
      else resolve({ output, usage: JSON.parse(/USAGE (.*)/.exec(errors)[1]) })
    })
  })
}

async function startSite(pages) {
  const child = fork(join(here, 'site.mjs'), [pages], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const url = await new Promise((resolve) => child.stdout.once('data', (line) => resolve(String(line).trim())))
  return { url, stop: () => child.disconnect() }
}

function progress(text) {
  process.stderr.write(`${text}\n`)
}

function median(numbers) {
  return numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
}

function round(x, digits = 1) {
  return Number(x.toFixed(digits))
}
