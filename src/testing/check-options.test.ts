import { get } from 'node:http'
import { expect, test } from 'vitest'
import { fakeSite } from './fake-site.ts'

const FAULT = { kind: 'status', probability: 1 }

test.each([
  [{ rateLimit: [] }, 'ERR_SITE_OPTION', 'Did you mean `rateLimits`?'],
  [{ latency: -1 }, 'ERR_SITE_OPTION', '`latency` of a fake site'],
  [{ latency: '20' }, 'ERR_SITE_OPTION', 'got "20"'],
  [{ latency: { mean: 20 } }, 'ERR_SITE_OPTION', 'Did you mean `median`?'],
  [{ latency: {} }, 'ERR_SITE_OPTION', '`median` of the latency'],
  [{ seed: 'a' }, 'ERR_SITE_OPTION', 'a whole number'],
  [{ port: 99_999 }, 'ERR_SITE_OPTION', 'from 0 to 65535'],
  [{ logSize: -1 }, 'ERR_SITE_OPTION', 'at least 0'],
  [{ countedUrls: 0 }, 'ERR_SITE_OPTION', 'above 0'],
  [{ rateLimits: { requests: 1 } }, 'ERR_SITE_OPTION', 'a list'],
  [{ rateLimits: [5] }, 'ERR_LIMIT', 'an object'],
  [{ rateLimits: [{ requests: 1, by: 'host' }] }, 'ERR_LIMIT', "'client' or 'all'"],
  [{ rateLimits: [{ requests: 1, kind: 'bucket' }] }, 'ERR_LIMIT', 'token-bucket'],
  [{ rateLimits: [{ request: 1 }] }, 'ERR_LIMIT', 'Did you mean `requests`?'],
  [{ concurrencyLimits: [{}] }, 'ERR_LIMIT', '`requests` of a concurrency limit'],
  [{ faults: [{ kind: 'resets', probability: 1 }] }, 'ERR_FAULT', 'got "resets"'],
  [{ faults: [null] }, 'ERR_FAULT', 'got undefined'],
  [{ faults: [{ kind: 'reset' }] }, 'ERR_FAULT', 'between 0 and 1'],
  [{ faults: [{ ...FAULT, statuses: [] }] }, 'ERR_FAULT', 'statuses'],
  [{ faults: [{ ...FAULT, statuses: [99] }] }, 'ERR_FAULT', '200 to 999'],
  [{ faults: [{ ...FAULT, only: '/x' }] }, 'ERR_FAULT', 'a regular expression'],
  [{ faults: [{ ...FAULT, seconds: 5 }] }, 'ERR_FAULT', 'no `seconds` of a fault of the kind status'],
  [{ faults: [{ kind: 'slow-body', probability: 1, seconds: -1 }] }, 'ERR_FAULT', 'above 0'],
  [{ faults: [{ kind: 'captcha', probability: 1, page: 'captcha' }] }, 'ERR_FAULT', 'begins with /'],
  [{ faults: [{ kind: 'captcha', probability: 1, cookie: 'solved' }] }, 'ERR_FAULT', 'captcha=solved'],
])('%j is refused', async (options, code, message) => {
  await expect(fakeSite({}, options as never)).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
})

test.each([[undefined], [null], ['<h1>'], [{ '/': 5 }], [{ '/': null }]])(
  'pages that are none are refused: %j',
  async (routes) => {
    await expect(fakeSite(routes as never)).rejects.toMatchObject({ code: 'ERR_ROUTE' })
  },
)

test.each([
  [{ htlm: '<h1>' }, 'got htlm'],
  [5, 'a string of HTML'],
  [{ json: () => 1 }, 'got a function'],
])('an answer that is none is 500, and says why: %o', async (answer, why) => {
  await using site = await fakeSite(() => answer as never)
  const body = await new Promise<string>((resolve, reject) => {
    get(site.url, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => void (text += piece))
      response.on('end', () => resolve(`${response.statusCode} ${text}`))
    }).on('error', reject)
  })
  expect(body).toMatch(/^500 /)
  expect(body).toContain(why)
})
