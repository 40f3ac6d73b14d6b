import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Response } from '../../src/index.ts'
import { crawlBeside, HEALTHY_PAGES } from '../support/hostile-crawl.ts'
import { startNames } from '../support/hostile-names.ts'
import { type Fault, faults, type HostileSite, startHostile } from '../support/hostile-site.ts'

let site: HostileSite
/** The Cookie header of each request for /echo. */
let sent: (string | undefined)[]

const echo: Fault = (socket, { head }) => {
  sent.push(/^cookie: (.*)$/im.exec(head)?.[1])
  socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nok')
}

beforeEach(async () => {
  sent = []
  site = await startHostile({ more: { echo } })
})
afterEach(() => site.close())

/** Asks for this page, and for /echo after it. */
const thenEcho = (name: string) =>
  crawlBeside([{ url: `${site.url}/${name}`, visit: (page: Response) => [page.follow('/echo')] }])

it.each([
  ['cookie-garbage', /good=1/],
  ['cookie-50kb', /^small=1$/],
])('%s: what is no cookie is left out, and the others are kept', async (name, cookie) => {
  const { byPath, healthy } = await thenEcho(name)
  expect(byPath[`/${name}`]).toBe('done')
  expect(byPath['/echo']).toBe('done')
  expect(sent).toHaveLength(1)
  expect(sent[0]).toMatch(cookie)
  expect(sent[0]).not.toMatch(/big=/)
  expect(healthy).toEqual({ done: HEALTHY_PAGES })
})

it('a thousand cookies are kept within bounds that servers take', async () => {
  await thenEcho('cookies-1000')
  expect(sent).toHaveLength(1)
  expect(sent[0]!.length).toBeLessThan(8192)
  expect(sent[0]!.split('; ').length).toBeLessThanOrEqual(180)
})

it('ten thousand cookies are a page, and no more are kept than of a thousand', async () => {
  const { byPath, healthy } = await thenEcho('cookies-10000')
  expect(byPath).toEqual({ '/cookies-10000': 'done', '/echo': 'done' })
  expect(sent[0]!.split('; ').length).toBeLessThanOrEqual(180)
  expect(healthy).toEqual({ done: HEALTHY_PAGES })
})

it('a cookie of a megabyte is more head than is read', async () => {
  const { byPath, healthy, reason } = await crawlBeside([`${site.url}/cookie-1mb`])
  expect(byPath).toEqual({ '/cookie-1mb': 'failed ERR_PROTOCOL' })
  expect(healthy).toEqual({ done: HEALTHY_PAGES })
  expect(reason).toBe('finished')
})

it('a cookie for com, or for co.uk, is sent to nobody', async () => {
  const more = { 'cookie-for-com': faults['cookie-for-com']!, echo }
  const other = await startHostile({ more, address: '127.0.0.3' })
  const zone = await startNames({ 'shop.example.com': '127.0.0.1', 'bank.example.com': '127.0.0.3', 'bank.com': '127.0.0.3' })
  try {
    const url = `http://shop.example.com:${site.port}/cookie-for-com`
    const visit = (page: Response): unknown => [
      page.follow('/echo'),
      page.follow(`http://bank.example.com:${other.port}/echo`),
      page.follow(`http://bank.com:${other.port}/echo`),
    ]
    const { byPath } = await crawlBeside([{ url, visit }], { dnsServers: [zone.server] })
    expect(byPath).toEqual({ '/cookie-for-com': 'done', '/echo': 'done, done, done' })
    expect(sent.filter((cookie) => cookie !== undefined)).toEqual(['own=3'])
  } finally {
    await other.close()
    await zone.close()
  }
})
