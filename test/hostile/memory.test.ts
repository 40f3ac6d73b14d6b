import { afterAll, beforeAll, expect, it } from 'vitest'
import { HEALTHY_PAGES } from '../support/hostile-crawl.ts'
import { type MeasuringProgram, measuringProgram } from '../support/hostile-memory.ts'
import { type HostileSite, startHostile } from '../support/hostile-site.ts'

const MIB = 1024 ** 2

let site: HostileSite
let program: MeasuringProgram

beforeAll(async () => {
  site = await startHostile()
  program = await measuringProgram()
})
afterAll(async () => {
  program.remove()
  await site.close()
})

it('a page of 200 MB is more than is read, announced or not, and a gigabyte of bombs is none', async () => {
  const names = ['body-200mb', 'gzip-bomb', 'br-bomb', 'zstd-bomb', 'deflate-bomb', 'nested-bomb', 'chunks-200mb', 'sends-10gb']
  const { byPath, healthy, peak, after, external } = await program.measure(
    names.map((name) => `${site.url}/${name}`),
    // the default
    { maxResponseSize: 100 * MIB },
  )
  expect(byPath).toEqual(Object.fromEntries(names.map((name) => [`/${name}`, 'failed ERR_TOO_LARGE'])))
  expect(healthy).toEqual({ done: HEALTHY_PAGES })
  expect(peak).toBeLessThan(600 * MIB)
  expect(after).toBeLessThan(400 * MIB)
  expect(external).toBeLessThan(64 * MIB)
}, 120_000)

it('eight floods at once take no more than a few bodies', async () => {
  const urls = Array.from({ length: 24 }, (_, n) => `${site.url}/sends-10gb/${n}`)
  const { byPath, healthy, peak, external } = await program.measure(urls, { maxResponseSize: 50 * MIB })
  expect(new Set(Object.values(byPath))).toEqual(new Set(['failed ERR_TOO_LARGE']))
  expect(Object.keys(byPath)).toHaveLength(24)
  expect(healthy).toEqual({ done: HEALTHY_PAGES })
  expect(peak).toBeLessThan(400 * MIB)
  expect(external).toBeLessThan(64 * MIB)
}, 120_000)

it('where it is wanted a page of 200 MB comes whole, and its memory is given back', async () => {
  const { byPath, healthy, largest, peak, external } = await program.measure(
    [`${site.url}/body-200mb`, `${site.url}/chunks-200mb`],
    { maxResponseSize: 300 * MIB },
  )
  expect(byPath).toEqual({ '/body-200mb': 'done', '/chunks-200mb': 'done' })
  expect(largest).toBe(200 * MIB)
  expect(healthy).toEqual({ done: HEALTHY_PAGES })
  // the pieces, and the body that is made of them
  expect(peak).toBeLessThan(1000 * MIB)
  expect(external).toBeLessThan(64 * MIB)
}, 120_000)
