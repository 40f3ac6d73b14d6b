// What a page costs the crawler as the crawl grows: 10^3 to 10^6 handled requests in one crawl, without a network. A middleware answers from
// memory; every page has ten links, most of them known. Prints JSON: CPU microseconds per page around each power of ten, and their ratio.
import { crawl, createResponse, Spider } from '../dist/index.js'

const total = Number(process.argv[2] ?? 1_000_000)
const windows = [1_000, 10_000, 100_000, 1_000_000].filter((n) => n <= total)
const measured = new Map()
let pages = 0
let opened

/** A window is a tenth of its power of ten wide, and at least 1,000 pages, and ends there. */
const widthOf = (at) => Math.max(at / 10, Math.min(at, 1_000) / 2)

function observe() {
  pages++
  for (const at of windows) {
    if (pages === at - widthOf(at)) opened = process.cpuUsage()
    if (pages !== at) continue
    const { user, system } = process.cpuUsage(opened)
    measured.set(at, { microsecondsPerPage: (user + system) / widthOf(at), rssMiB: process.memoryUsage.rss() / 2 ** 20 })
  }
}

class Grow extends Spider {
  startUrls = ['http://site.example/0'];

  *parse(page) {
    observe()
    const n = Number(page.url.slice(page.url.lastIndexOf('/') + 1))
    for (const link of [3 * n + 1, 3 * n + 2, 3 * n + 3]) if (link < total) yield page.follow(`/${link}`)
    for (let back = 0; back < 7; back++) yield page.follow(`/${Math.floor(n / (back + 2))}`)
    yield { n }
  }
}

const headers = { 'content-type': 'text/html; charset=utf-8' }
const body = Buffer.from(`<!doctype html><title>A page</title>${'<p>Text.</p>'.repeat(80)}`)
const { counts } = await crawl(Grow, {
  config: {
    obeyRobotsTxt: false,
    logLevel: 'warn',
    order: 'fifo',
    concurrency: 64,
    concurrencyPerSlot: 64,
    downloaderMiddlewares: [
      {
        name: 'from-memory',
        order: 1000,
        create: () => async (request) => createResponse({ url: request.url, headers, body, request }),
      },
    ],
  },
})
const at = Object.fromEntries(
  [...measured].map(([n, { microsecondsPerPage, rssMiB }]) => [
    n,
    { microsecondsPerPage: round(microsecondsPerPage), rssMiB: round(rssMiB) },
  ]),
) // prettier-ignore
const last = windows.at(-1)
console.log(
  JSON.stringify({
    handled: counts.done,
    at,
    ratioTo10000: round(measured.get(last).microsecondsPerPage / measured.get(Math.min(10_000, last)).microsecondsPerPage),
  }),
) // prettier-ignore

function round(x) {
  return Math.round(x * 100) / 100
}
