import { afterEach, beforeEach, expect, it } from 'vitest'
import { crawlBeside, HEALTHY_PAGES } from '../support/hostile-crawl.ts'
import { type HostileSite, startHostile } from '../support/hostile-site.ts'

let site: HostileSite

beforeEach(async () => {
  site = await startHostile()
})
afterEach(() => site.close())

it.each(['redirect-self', 'redirect-empty', 'redirect-loop', 'redirect-endless', 'refresh-endless'])(
  '%s ends after as many redirects as are allowed',
  async (name) => {
    const { ends, healthy, reason } = await crawlBeside([`${site.url}/${name}/`], { maxRedirects: 7 })
    expect(ends.map((end) => end.reason)).toEqual([...Array(7).fill('redirected'), 'failed'])
    expect(ends.at(-1)!.message).toMatch(/7 redirects/)
    expect(site.log).toHaveLength(8)
    expect(healthy).toEqual({ done: HEALTHY_PAGES })
    expect(reason).toBe('finished')
  },
)

/** Where a Location leads that leads nowhere: each ends once, and no other request comes of it. */
const ENDS: Readonly<Record<string, string>> = {
  'redirect-file': 'http-error',
  'redirect-javascript': 'failed',
  'redirect-data': 'http-error',
  'redirect-bad-ipv6': 'failed',
  'redirect-bad-port': 'failed',
  'redirect-nul': 'failed ERR_PROTOCOL',
  'redirect-1mb': 'failed ERR_PROTOCOL',
  'refresh-file': 'done',
}

it('a redirect out of the web, or to what is no URL, ends where it is, with no request after it', async () => {
  const { byPath, ends, healthy, reason } = await crawlBeside(Object.keys(ENDS).map((name) => `${site.url}/${name}`))
  expect(byPath).toEqual(Object.fromEntries(Object.entries(ENDS).map(([name, end]) => [`/${name}`, end])))
  for (const { url, message } of ends) if (/bad-ipv6|bad-port|javascript/.test(url)) expect(message).toMatch(/no URL/)
  expect(site.log).toHaveLength(Object.keys(ENDS).length)
  expect(healthy).toEqual({ done: HEALTHY_PAGES })
  expect(reason).toBe('finished')
})

it('a redirect to a host of garbage fails as a host that is not there', async () => {
  const { ends, healthy } = await crawlBeside([`${site.url}/redirect-bytes`, `${site.url}/redirect-control`])
  expect(ends.filter(({ reason }) => reason === 'done')).toEqual([])
  expect(ends.filter(({ url }) => url.startsWith(site.url))).toHaveLength(2)
  expect(healthy).toEqual({ done: HEALTHY_PAGES })
})

it('a redirect to a URL that is far too long is not followed', async () => {
  const { ends, healthy } = await crawlBeside([`${site.url}/redirect-60kb`])
  expect(ends.map(({ reason }) => reason).sort()).toEqual(['redirected', 'url-length'])
  expect(site.log).toEqual(['/redirect-60kb'])
  expect(healthy).toEqual({ done: HEALTHY_PAGES })
})

it('many hosts that redirect for ever take no page of another', async () => {
  const visits = Array.from({ length: 30 }, (_, n) => `${site.url}/redirect-endless/${n}x`)
  const { ends, healthy } = await crawlBeside(visits)
  expect(ends.filter(({ reason }) => reason === 'failed')).toHaveLength(30)
  expect(ends.filter(({ reason }) => reason === 'redirected')).toHaveLength(30 * 20)
  expect(healthy).toEqual({ done: HEALTHY_PAGES })
})
