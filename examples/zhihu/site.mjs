// The look-alike of zhihu.com as a program: node examples/zhihu/site.mjs --users 20000 --port 8000 --rate 200 --faults 0.01 --shifting
import { parseArgs } from 'node:util'
import { zhihuSite } from 'skein/testing'

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '0' },
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
    // milliseconds, half of the answers take longer
    latency: { type: 'string', default: '0' },
    // requests a second, all clients together, or each when --per-client
    rate: { type: 'string', default: '0' },
    'per-client': { type: 'boolean', default: false },
    // requests at once
    concurrency: { type: 'string', default: '0' },
    // of each: 503, connections reset, bodies that break off, JSON that does
    faults: { type: 'string', default: '0' },
    // of each: a body that takes five seconds
    slow: { type: 'string', default: '0' },
    captcha: { type: 'string', default: '0' },
    next: { type: 'string', default: 'v3' },
    'without-api': { type: 'string', default: '404' },
    shifting: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const number = (name) => {
  const value = Number(values[name])
  if (Number.isFinite(value) && value >= 0) return value
  console.error(`Expected --${name} to be a number of at least 0, got ${JSON.stringify(values[name])}.`)
  process.exit(2)
}
const oneOf = (name, ...known) => {
  if (known.includes(values[name])) return values[name]
  console.error(`Expected --${name} to be ${known.join(', ')}, got ${JSON.stringify(values[name])}.`)
  process.exit(2)
}
if (values.help) {
  console.log(`Options of the look-alike, and what holds without them:\n`)
  for (const [name, value] of Object.entries(values)) if (name !== 'help') console.log(`  --${name.padEnd(12)} ${value}`)
  process.exit(0)
}

const by = values['per-client'] ? 'client' : 'all'
const [rate, concurrency, latency] = ['rate', 'concurrency', 'latency'].map(number)
const [probability, slow, captcha] = ['faults', 'slow', 'captcha'].map(number)
const site = await zhihuSite({
  users: number('users'),
  seed: number('seed'),
  port: number('port'),
  host: values.host,
  latency: latency > 0 ? { median: latency } : 0,
  rateLimits: rate > 0 ? [{ requests: rate, by }] : [],
  concurrencyLimits: concurrency > 0 ? [{ requests: concurrency, by }] : [],
  faults: [
    ...['status', 'reset', 'truncated-body', 'truncated-json'].map((kind) => ({ kind, probability: probability / 4 })),
    { kind: 'slow-body', probability: slow },
    { kind: 'captcha', probability: captcha },
  ].filter((fault) => fault.probability > 0),
  next: oneOf('next', 'v1', 'v2', 'v3'),
  withoutApi: Number(oneOf('without-api', '301', '404')),
  shiftingLists: values.shifting,
}).catch(({ message }) => {
  console.error(message)
  process.exit(2)
})

const { users, gone, requests } = site.expected
console.log(`The look-alike of Zhihu's API is open at ${site.api}

  first user  ${site.start}
  users       ${users.toLocaleString('en')} can be reached, and ${gone.toLocaleString('en')} more that are gone (404, 410)
  requests    ${requests.toLocaleString('en')} URLs: profiles, and all pages of both lists of everybody
  limits      ${rate > 0 ? `${rate} requests a second${by === 'client' ? ' for each client' : ''}` : 'no rate'}, ${concurrency > 0 ? `${concurrency} at once` : 'any number at once'}
  faults      ${probability > 0 ? `one in ${Math.round(1 / probability)} requests` : 'none'}${slow > 0 ? `, a slow body in one of ${Math.round(1 / slow)}` : ''}${captcha > 0 ? `, a captcha before one in ${Math.round(1 / captcha)} pages` : ''}

Every request needs the header Authorization: oauth anything. What was asked: ${site.url}/__stats, /__log, /__reset. Ctrl-C closes it.`)
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, async () => {
    const { requests: asked, peakRate, peakConcurrency, urls } = site.stats()
    console.log(`${asked} requests for ${urls} URLs; at most ${peakRate} in a second, ${peakConcurrency} at once`)
    await site.close()
  })
