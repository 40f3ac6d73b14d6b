// What the default middlewares cost: CPU microseconds a page of the whole chain around a download, and of the scraper's for a page with 30 links,
// with the same without them taken away. No network: a handler answers with an ordinary page of 20 KB that was made before. Exit code 1 above 30.
//   --pages N    of a round (4000)
//   --rounds N   of each kind, one kind after the other; the best of each counts (9)
//   --json       JSON in place of tables
//   --no-limit   exit code 0 whatever it costs
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const MOST = 30
const AT_ONCE = 16
const LINKS = 30
const { values } = parseArgs({
  options: {
    pages: { type: 'string', default: '4000' },
    rounds: { type: 'string', default: '9' },
    json: { type: 'boolean', default: false },
    'no-limit': { type: 'boolean', default: false },
  },
})
const pages = Number(values.pages)
const rounds = Number(values.rounds)
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')
const skein = await bundle()

class Shop extends skein.Spider {
  allowedDomains = ['site.example']
}
const SITE = 'http://site.example'
const ROBOTS = `User-agent: *\n${['/admin', '/cart', '/search?*', '/*.php$', '/tmp/', '/private', '/login', '/api/'].map((path) => `Disallow: ${path}`).join('\n')}\nSitemap: ${SITE}/sitemap.xml\n`
const HTML = Buffer.from(ordinaryPage())
const PLAIN = [
  ...['Date', 'Sun, 22 Nov 2026 12:00:00 GMT', 'Content-Type', 'text/html; charset=utf-8', 'Content-Length', String(HTML.length)],
  ...[
    'Connection',
    'keep-alive',
    'Server',
    'nginx',
    'Vary',
    'Accept-Encoding',
    'Cache-Control',
    'max-age=600',
    'ETag',
    '"5f3c-1a2b"',
  ],
  ...['X-Frame-Options', 'SAMEORIGIN', 'X-Content-Type-Options', 'nosniff', 'Strict-Transport-Security', 'max-age=31536000'],
]
const SESSION = ['Set-Cookie', 'session=0123456789abcdef; Path=/; HttpOnly; SameSite=Lax']
const kinds = {
  'an ordinary page': { headers: PLAIN, body: HTML },
  'cookies in the jar': { headers: PLAIN, body: HTML, first: [...PLAIN, ...SESSION, 'Set-Cookie', 'lang=en; Path=/'] },
  'Set-Cookie on each page': { headers: [...PLAIN, ...SESSION], body: HTML },
  'gzip, decoded': { headers: [...PLAIN, 'Content-Encoding', 'gzip'], body: gzipSync(HTML) },
}

const names = skein.builtInMiddlewares.map(({ name }) => name)
const scraperNames = skein.builtInScraperMiddlewares.map(({ name }) => name)
const result = { pages, rounds, machine: process.version, downloader: {}, without: {}, scraper: {}, scraperWithout: {} }
for (const [kind, answer] of Object.entries(kinds)) {
  const [cost] = await costs(() => download(answer, []), [() => download(answer, names)])
  result.downloader[kind] = cost
}
// one left out at a time: what it costs where it stands
const ordinary = kinds['an ordinary page']
const each = await costs(
  () => download(ordinary, []),
  names.map((name) => () => download(ordinary, [name])),
)
for (const [i, name] of names.entries()) result.without[name] = each[i]
const [scraping, ...eachScraping] = await costs(
  () => scrape([]),
  [scraperNames, ...scraperNames.map((name) => [name])].map((leftOut) => () => scrape(leftOut)),
)
result.scraper[`a page with ${LINKS} links`] = scraping
for (const [i, name] of scraperNames.entries()) result.scraperWithout[name] = eachScraping[i]

const cost = result.downloader['an ordinary page']
if (values.json) console.log(JSON.stringify(result))
else {
  table('the default chain around a download, µs a page', result.downloader)
  table('of which (ordinary page, each left out in its turn)', result.without)
  table('middlewares of the scraper, µs a page', result.scraper)
  table('of which (each left out in its turn)', result.scraperWithout)
  console.log(`${cost <= MOST ? 'within' : 'ABOVE'} ${MOST} µs a page`)
}
if (cost > MOST && !values['no-limit']) process.exitCode = 1

/**
 * CPU microseconds a page that `whole` takes more than each of `others`, by the best of their rounds: whatever else the machine does can only add to
 * one. The first round warms up.
 */
async function costs(whole, others) {
  const best = [whole, ...others].map(() => Number.POSITIVE_INFINITY)
  for (let nth = 0; nth <= rounds; nth++) {
    for (const [i, measure] of [whole, ...others].entries()) {
      const microseconds = await measure()
      if (nth > 0) best[i] = Math.min(best[i], microseconds)
    }
  }
  return best.slice(1).map((without) => round(best[0] - without))
}

/** One round of downloads through the default chain without `leftOut`. */
async function download({ headers, body, first = headers }, leftOut) {
  const responses = new Map()
  const requests = []
  const make = (url, head, content) => skein.createResponse({ url, headers: skein.Headers.fromRaw(head), body: content })
  for (let n = 0; n < pages; n++) {
    const url = `${SITE}/category/${n % 40}/product-${n}.html`
    requests.push(new skein.Request(url))
    responses.set(url, make(url, n < AT_ONCE ? first : headers, body))
  }
  const robots = make(`${SITE}/robots.txt`, ['Content-Type', 'text/plain'], ROBOTS)
  const downloader = skein.createDownloader({
    ...context(),
    middlewares: leftOut.map((name) => ({ name, order: 1, create: () => undefined })),
    handlers: {
      http: () => ({ download: async ({ url }) => responses.get(url) ?? robots, close: async () => undefined }),
    },
  })
  // robots.txt is there, and what is loaded with the first page is
  await Promise.all(requests.slice(0, AT_ONCE).map((request) => downloader.download(request)))
  collect()
  const began = process.cpuUsage()
  for (let n = AT_ONCE; n < pages; n += AT_ONCE) {
    const results = await Promise.all(requests.slice(n, n + AT_ONCE).map((request) => downloader.download(request)))
    for (const response of results) if (response.status !== 200) throw new Error(`${response} came`)
  }
  const { user, system } = process.cpuUsage(began)
  await downloader.close()
  return (user + system) / (pages - AT_ONCE)
}

/** One round of pages and their links through the scraper's middlewares without `leftOut`. */
async function scrape(leftOut) {
  const all = context()
  const chain = skein.composeScraper(
    skein.builtInScraperMiddlewares.filter(({ name }) => !leftOut.includes(name)),
    { settings: all.settings, stats: all.stats, log: all.log, signals: all.signals, spider: new Shop() },
  )
  const responses = Array.from({ length: pages }, (_, n) => {
    const url = `${SITE}/category/${n % 40}/product-${n}.html`
    return skein.createResponse({ url, headers: skein.Headers.fromRaw(PLAIN), body: HTML, request: new skein.Request(url) })
  })
  const links = Array.from({ length: LINKS }, (_, n) => new skein.Request(`${SITE}/category/7/product-${n}.html`))
  collect()
  const began = process.cpuUsage()
  for (const response of responses) {
    chain.response(response)
    for (const link of links) chain.request(link, response)
  }
  const { user, system } = process.cpuUsage(began)
  return (user + system) / pages
}

function context() {
  const quiet = () => undefined
  const log = { debugEnabled: false, debug: quiet, info: quiet, warn: quiet, error: quiet }
  return {
    settings: skein.defaultSettings,
    stats: new skein.Stats(),
    log,
    signals: new skein.Signals(quiet),
    clock: skein.systemClock,
    slotOf: ({ url }) => skein.hostOf(url),
    slot: quiet,
  }
}

/** The parts that a user of skein does not see, in one file. */
async function bundle() {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..')
  const folder = join(root, 'node_modules/.cache', `skein-bench-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  const outfile = join(folder, 'chain.mjs')
  const parts = {
    'downloader/downloader': 'createDownloader',
    'downloader/middlewares/built-in': 'builtInMiddlewares',
    'scraper/compose': 'composeScraper',
    'scraper/middlewares/built-in': 'builtInScraperMiddlewares',
    'settings/settings': 'defaultSettings',
    'signals/signals': 'Signals',
    'stats/stats': 'Stats',
    'url/host': 'hostOf',
    'util/clock': 'systemClock',
    index: 'createResponse, Headers, Request, Spider',
  }
  const contents = Object.entries(parts).map(([file, what]) => `export { ${what} } from './${file}.ts'`)
  try {
    await build({
      stdin: { contents: contents.join('\n'), resolveDir: join(root, 'src'), loader: 'ts' },
      outfile,
      bundle: true,
      packages: 'external',
      external: ['*.lua'],
      loader: { '.lua': 'text' },
      platform: 'node',
      format: 'esm',
      target: 'node20.19',
      logLevel: 'error',
    })
    return await import(pathToFileURL(outfile).href)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** 20 KB with what pages have in their heads. */
function ordinaryPage() {
  const head =
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">' +
    '<meta name="description" content="One product of many"><meta property="og:title" content="A product"><title>A product</title>' +
    '<link rel="stylesheet" href="/style.css"><script src="/app.js" defer></script></head><body><nav>'
  const links = Array.from({ length: LINKS }, (_, n) => `<a href="/category/7/product-${n}.html">Product ${n}</a>`)
  const text = '<p class="text">What there is to say about it, which is not much, and is said in a sentence or two.</p>\n'
  const page = `${head}${links.join('\n')}</nav><main>`
  return `${page}${text.repeat(Math.ceil((20_480 - page.length) / text.length))}</main></body></html>`
}

function table(title, rows) {
  console.log(title)
  for (const [name, value] of Object.entries(rows)) console.log(`  ${name.padEnd(28)} ${value.toFixed(1).padStart(6)}`)
  console.log()
}

function round(x) {
  return Number(x.toFixed(1))
}
