import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Response } from '../../src/index.ts'
import { crawlBeside, HEALTHY_PAGES } from '../support/hostile-crawl.ts'
import { type HostileSite, startHostile, warmUp } from '../support/hostile-site.ts'

let site: HostileSite

beforeAll(() => warmUp())
beforeEach(async () => {
  site = await startHostile()
})
afterEach(() => site.close())

const BOMBS = ['gzip-bomb', 'deflate-bomb', 'br-bomb', 'zstd-bomb', 'nested-bomb']

it('a gigabyte in a megabyte ends as too large in each coding, and codings in codings', async () => {
  const { byPath, healthy, ends } = await crawlBeside(BOMBS.map((name) => `${site.url}/${name}`))
  expect(byPath).toEqual(Object.fromEntries(BOMBS.map((name) => [`/${name}`, 'failed ERR_TOO_LARGE'])))
  for (const { message } of ends) expect(message).toMatch(/maxResponseSize/)
  expect(healthy).toEqual({ done: HEALTHY_PAGES })
})

it('what only says that it is compressed ends as that, or comes as it is', async () => {
  const names = ['no-gzip', 'no-br', 'no-zstd', 'many-codings']
  const seen: [string, number, readonly string[]][] = []
  const { byPath, healthy } = await crawlBeside(
    names.map((name) => ({
      url: `${site.url}/${name}`,
      visit: (page: Response) => void seen.push([name, page.body.length, page.flags]),
    })),
  )
  expect(Object.keys(byPath).sort()).toEqual(names.map((name) => `/${name}`).sort())
  for (const [path, end] of Object.entries(byPath)) expect([path, end]).toEqual([path, 'failed ERR_DECODE'])
  expect(seen).toEqual([])
  expect(healthy).toEqual({ done: HEALTHY_PAGES })
})
