import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Config, Response } from '../../src/index.ts'
import { crawlBeside, HEALTHY_PAGES, HURRY, type Visit } from '../support/hostile-crawl.ts'
import { type HostileSite, startHostile } from '../support/hostile-site.ts'

let site: HostileSite

beforeEach(async () => {
  site = await startHostile()
})
afterEach(() => site.close())

/** How each fault ends. */
const ENDS: Readonly<Record<string, string>> = {
  'reset-before': 'failed ERR_RESET',
  'close-before': 'failed ERR_RESET',
  'reset-in-head': 'failed ERR_RESET',
  'close-in-head': 'failed ERR_RESET',
  'reset-in-body': 'failed ERR_DATA_LOSS',
  'reset-in-chunk': 'failed ERR_DATA_LOSS',
  silent: 'failed ERR_TIMEOUT',
  'drip-head': 'failed ERR_TIMEOUT',
  'quick-drip-head': 'failed ERR_TIMEOUT',
  'drip-body': 'failed ERR_TIMEOUT',
  'quick-drip-body': 'failed ERR_TIMEOUT',
  'quick-drip-chunks': 'failed ERR_TIMEOUT',
  'stalls-in-body': 'failed ERR_TIMEOUT',
  'endless-100': 'failed ERR_PROTOCOL',
  garbage: 'failed ERR_PROTOCOL',
  'endless-garbage': 'failed ERR_PROTOCOL',
  'garbage-headers': 'failed ERR_PROTOCOL',
  'garbage-status': 'failed ERR_PROTOCOL',
  'nul-header': 'failed ERR_PROTOCOL',
  'two-lengths': 'failed ERR_PROTOCOL',
  'negative-length': 'failed ERR_PROTOCOL',
  'bad-chunk': 'failed ERR_DATA_LOSS',
  'huge-chunk': 'failed ERR_DATA_LOSS',
  'headers-1000': 'done',
  'header-1mb': 'failed ERR_PROTOCOL',
  'endless-headers': 'failed ERR_PROTOCOL',
  'announces-10gb': 'failed ERR_TOO_LARGE',
  'sends-10gb': 'failed ERR_TOO_LARGE',
  'endless-body': 'failed ERR_TOO_LARGE',
  'half-of-length': 'failed ERR_DATA_LOSS',
  'half-of-chunks': 'failed ERR_DATA_LOSS',
  'body-1mb': 'done',
  'tiny-chunks': 'done',
  'answers-twice': 'done',
}

/** Those that only a deadline ends have a short one. Each has a slot of its own where it is not said otherwise: one that fails is given few places. */
const visitOf = (name: string, path = name, slot = name): Visit => ({
  url: `${site.url}/${path}`,
  init: { slot, ...(ENDS[name] === 'failed ERR_TIMEOUT' ? HURRY : {}) },
})

it('every fault of a connection ends as what it is, in one crawl with a healthy host', async () => {
  const { byPath, healthy, stats, counts, reason } = await crawlBeside(Object.keys(ENDS).map((name) => visitOf(name)))
  expect(byPath).toEqual(Object.fromEntries(Object.entries(ENDS).map(([name, end]) => [`/${name}`, end])))
  expect(healthy).toEqual({ done: HEALTHY_PAGES })
  const endings = Object.values(ENDS)
  const failed = endings.filter((end) => end.startsWith('failed')).length
  expect(stats).toMatchObject({
    'request_end_count/failed': failed,
    'request_end_count/done': endings.length - failed + HEALTHY_PAGES,
  })
  expect(counts).toMatchObject({ queued: 0, delayed: 0, leased: 0, dead: failed })
  expect(reason).toBe('finished')
})

it.each(['reset-before', 'silent', 'quick-drip-body', 'endless-garbage', 'half-of-length', 'sends-10gb'])(
  'a host that does nothing but %s takes no page of another',
  async (name) => {
    const visits = Array.from({ length: 12 }, (_, n) => visitOf(name, `${name}/${n}`, 'one'))
    const { ends, healthy, reason } = await crawlBeside(visits)
    expect(ends).toHaveLength(12)
    expect(new Set(ends.map(({ reason: end, code }) => `${end} ${code}`))).toEqual(new Set([ENDS[name]]))
    expect(healthy).toEqual({ done: HEALTHY_PAGES })
    expect(reason).toBe('finished')
  },
)

it('connections of downloads that failed are closed, not left to their server', async () => {
  const names = ['silent', 'quick-drip-body', 'sends-10gb', 'endless-body', 'endless-headers', 'stalls-in-body', 'announces-10gb']
  await crawlBeside(names.map((name) => visitOf(name)))
  await expect.poll(() => site.open, { timeout: 5000 }).toBe(0)
})

it('a body that lost its end comes with a flag where it is wanted', async () => {
  const seen: (string | number)[][] = []
  const { byPath } = await crawlBeside(
    ['half-of-length', 'half-of-chunks', 'reset-in-body'].map((name) => ({
      url: `${site.url}/${name}`,
      init: { failOnDataLoss: false },
      visit: (page: Response) => void seen.push([new URL(page.url).pathname, page.body.length, ...page.flags]),
    })),
  )
  expect(byPath).toEqual({ '/half-of-length': 'done', '/half-of-chunks': 'done', '/reset-in-body': 'done' })
  expect(seen.sort()).toEqual([
    ['/half-of-chunks', 5, 'dataloss'],
    ['/half-of-length', 500, 'dataloss'],
    ['/reset-in-body', 8, 'dataloss'],
  ])
})

it('a connection that closes under a request, or right after an answer, costs no page', async () => {
  const names = ['closes-under-second', 'closes-after-answer']
  for (const name of names) {
    const visits = Array.from({ length: 40 }, (_, n) => `${site.url}/${name}/${n}`)
    const { byPath, healthy } = await crawlBeside(visits, { slots: { '127.0.0.1': { concurrency: 1 } } })
    expect(new Set(Object.values(byPath))).toEqual(new Set(['done']))
    expect(Object.keys(byPath)).toHaveLength(40)
    expect(healthy).toEqual({ done: HEALTHY_PAGES })
  }
})

it('an answer that nobody asked for is given to nobody', async () => {
  const bodies: string[] = []
  const visits = Array.from({ length: 10 }, (_, n) => ({
    url: `${site.url}/answers-twice/${n}`,
    visit: (page: { body: Uint8Array }) => void bodies.push(Buffer.from(page.body).toString()),
  }))
  await crawlBeside(visits, { slots: { '127.0.0.1': { concurrency: 1 } } })
  expect(bodies).toHaveLength(10)
  expect(new Set(bodies)).toEqual(new Set(['hello']))
})

it('each deadline ends what it is for, and says which setting to raise', async () => {
  const ending = async (names: readonly string[], config: Config): Promise<string[]> => {
    const { ends, healthy } = await crawlBeside(
      names.map((name) => `${site.url}/${name}`),
      config,
    )
    expect(healthy).toEqual({ done: HEALTHY_PAGES })
    return ends.map(({ reason, code, message }) => `${reason} ${code} ${/(\w+Timeout)/.exec(message)?.[1]}`)
  }
  const heads = ['silent', 'drip-head', 'quick-drip-head']
  expect(await ending(heads, { headersTimeout: 0.7 })).toEqual(heads.map(() => 'failed ERR_TIMEOUT headersTimeout'))
  const bodies = ['drip-body', 'stalls-in-body']
  expect(await ending(bodies, { idleTimeout: 0.7 })).toEqual(bodies.map(() => 'failed ERR_TIMEOUT idleTimeout'))
  const quick = ['quick-drip-body', 'quick-drip-chunks', ...heads, ...bodies]
  expect(await ending(quick, { downloadTimeout: 1 })).toEqual(quick.map(() => 'failed ERR_TIMEOUT downloadTimeout'))
})
