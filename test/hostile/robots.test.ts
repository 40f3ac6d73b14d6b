import { afterEach, beforeAll, expect, it } from 'vitest'
import { chunked, large } from '../support/hostile-bodies.ts'
import { crawlBeside, HEALTHY_PAGES } from '../support/hostile-crawl.ts'
import { type Fault, faults, type HostileSite, startHostile, warmUp } from '../support/hostile-site.ts'

let site: HostileSite
beforeAll(() => warmUp())
afterEach(() => site.close())

const GIB = 1024 ** 3
const ok = 'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 5\r\n\r\nhello'
const page: Fault = (socket) => void socket.write(ok)
const endless = Buffer.alloc(64 * 1024, 'Disallow: /x')
const lines = Buffer.from('User-agent: *\nDisallow: /forbidden\n'.repeat(2000))

/** What is answered to who asks for robots.txt, and how the pages of the site end then. */
const ROBOTS: Readonly<Record<string, readonly [fault: Fault, end: string]>> = {
  'never comes': [faults['silent']!, 'robots'],
  'drips a byte a second': [faults['drip-body']!, 'robots'],
  'drips quickly enough for any deadline between two bytes': [faults['quick-drip-body']!, 'robots'],
  'drips a head': [faults['quick-drip-head']!, 'robots'],
  'is reset': [faults['reset-in-body']!, 'robots'],
  'is garbage on the wire': [faults['garbage']!, 'robots'],
  'has 1 GB, announced': [large(GIB, 'text/plain', lines), 'robots'],
  'has 1 GB in chunks': [chunked(GIB, 'text/plain', lines), 'robots'],
  'is one endless line': [faults['endless-body']!, 'robots'],
  'is one line of 6 MB': [large(6 * 1024 * 1024, 'text/plain', endless), 'done'],
  'is a gzip bomb': [faults['robots-bomb']!, 'robots'],
  'is a brotli bomb': [faults['br-bomb']!, 'robots'],
  'redirects for ever': [(socket, asked) => faults['redirect-endless']!(socket, asked), 'done'],
  'redirects to itself': [faults['redirect-self']!, 'done'],
  'redirects to file:': [faults['redirect-file']!, 'done'],
  'has a thousand headers': [faults['headers-1000']!, 'done'],
}

const SLOW = /never|drips/

it.each(Object.keys(ROBOTS))('a robots.txt that %s ends, and the pages that wait for it', async (name) => {
  const [robots, end] = ROBOTS[name]!
  site = await startHostile({ robots, more: { page } })
  const visits = Array.from({ length: 12 }, (_, n) => `${site.url}/page/${n}`)
  const { byPath, healthy, reason, stats } = await crawlBeside(visits, {
    obeyRobotsTxt: true,
    // what never ends by itself is tried twice, and so is what this machine is too busy for
    downloadTimeout: SLOW.test(name) ? 1.5 : 60,
    maxRetries: 1,
  })
  expect(byPath).toEqual(Object.fromEntries(visits.map((url) => [new URL(url).pathname, end])))
  expect(healthy).toEqual({ done: HEALTHY_PAGES })
  expect(reason).toBe('finished')
  // one fetch for all that wait, here and at the healthy host
  expect(stats['robotstxt/request_count']).toBe(2)
})

it('the rules of a file of 6 MB hold as far as it is read', async () => {
  site = await startHostile({ robots: large(6 * 1024 * 1024, 'text/plain', lines), more: { page, forbidden: page } })
  const { byPath, healthy } = await crawlBeside([`${site.url}/page`, `${site.url}/forbidden`], { obeyRobotsTxt: true })
  expect(byPath).toEqual({ '/page': 'done', '/forbidden': 'robots' })
  expect(healthy).toEqual({ done: HEALTHY_PAGES })
})
