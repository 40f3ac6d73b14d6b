// node site.mjs [--users N] [--port P] …: the look-alike of Zhihu's API, until Ctrl-C.
import { parseArgs } from 'node:util'
import { zhihuSite } from 'skein/testing'

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '0' },
    port: { type: 'string', default: '8765' },
    latency: { type: 'string', default: '20' },
    limit: { type: 'string', default: '500' },
    faults: { type: 'string', default: '0.01' },
  },
})
const number = (name) => Number(values[name])
const kinds = ['status', 'reset', 'truncated-body', 'truncated-json', 'captcha']
const site = await zhihuSite({
  users: number('users'),
  seed: number('seed'),
  port: number('port'),
  latency: { median: number('latency') },
  rateLimits: [{ requests: number('limit'), by: 'all' }],
  faults: kinds.map((kind) => ({ kind, probability: number('faults') / kinds.length })),
  shiftingLists: true,
})
const { users, gone, requests } = site.expected
const grouped = (n) => n.toLocaleString('en-US')
console.log(`A look-alike of Zhihu with ${grouped(number('users'))} users is open at ${site.api}

  can be reached from ${site.start}   ${grouped(users)} users; ${grouped(gone)} more have left
  requests that takes                ${grouped(requests)}, and some for what goes wrong
  requests a second                  ${values.limit} at most, then 429
  answers that break                 ${(number('faults') * 100).toFixed(1)} %

What it was asked for: ${site.url}/__stats · ${site.url}/__log. Ctrl-C closes it.`)
