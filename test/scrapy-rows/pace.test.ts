import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { type Config, Spider } from '../../src/index.ts'
import { run, type Witnessed } from '../support/run.ts'
import { type Site, startSite } from '../support/site.ts'
import { WatchedFrontier } from '../support/watched-frontier.ts'

/**
 * How fast and how many at once, as the site sees it. Of two requests the first may be longer on its way, and so come closer to the second: what a
 * delay is held to is that a request arrives no sooner than that after the one before it was granted.
 */

let sites: Site[] = []
afterEach(async () => {
  await Promise.all(sites.map((site) => site.close()))
  sites = []
})

interface Seen {
  /** When each request came, in ms. */
  readonly starts: { readonly path: string; readonly at: number }[]
  /** Most that were open at once. */
  readonly peak: number
}

/** A site whose pages are answered when `answer` says so. */
async function siteOf(answer: (respond: () => void, open: number) => void): Promise<Site & { seen: Seen }> {
  const starts: { path: string; at: number }[] = []
  let open = 0
  let peak = 0
  const route = (request: IncomingMessage, response: ServerResponse): void => {
    starts.push({ path: request.url!, at: Date.now() })
    peak = Math.max(peak, ++open)
    answer(() => {
      // before the last byte leaves: whoever has the answer may ask again at once
      open--
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')
    }, open)
  }
  const site = await startSite({ '/p': route })
  sites.push(site)
  return Object.assign(site, {
    seen: {
      starts,
      get peak() {
        return peak
      },
    },
  })
}

const atOnce = (respond: () => void): void => respond()

/** Asks for `count` pages of each of these sites. */
async function askFor(
  count: number,
  urls: readonly string[],
  config: Config,
  slot?: (url: string) => string,
  frontier?: WatchedFrontier,
): Promise<Witnessed> {
  class All extends Spider {
    override *start() {
      for (let n = 0; n < count; n++) {
        for (const url of urls) yield this.request(`${url}/p?${n}`, slot === undefined ? {} : { slot: slot(url) })
      }
    }
    override parse(): void {}
  }
  const result = await run(All, config, frontier === undefined ? {} : { frontier })
  expect(result.counts.done).toBe(count * urls.length)
  return result
}

/** Asks as `askFor` does, and expects each request to come no sooner than `delay` ms after the one before it was granted. */
async function expectApart(
  count: number,
  sites: readonly (Site & { seen: Seen })[],
  config: Config,
  delay: number,
): Promise<void> {
  const frontier = new WatchedFrontier(config)
  const urls = sites.map(({ url }) => url)
  await askFor(count, urls, config, undefined, frontier)
  const came = new Map(sites.flatMap(({ url, seen }) => seen.starts.map(({ path, at }) => [`${url}${path}`, at] as const)))
  const gaps = frontier.grants.slice(1).map(({ url }, i) => came.get(url)! - frontier.grants[i]!.before)
  expect(gaps).toHaveLength(count * sites.length - 1)
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(delay)
}

describe('a delay', () => {
  it('row 54: stands between all starts, exactly so without randomizeDelay', async () => {
    const site = await siteOf(atOnce)
    await expectApart(11, [site], { delay: 0.05, randomizeDelay: false, concurrency: 16 }, 50)
  })

  it('row 54: is drawn between half and one and a half of it', async () => {
    const site = await siteOf(atOnce)
    await expectApart(25, [site], { delay: 0.04, randomizeDelay: true, concurrency: 16 }, 20)
  })

  it('row 55: is between starts, not between an end and a start: slow answers overlap', async () => {
    const waiting: (() => void)[] = []
    const site = await siteOf((respond, open) => {
      waiting.push(respond)
      // nobody is answered before five are there: only a crawl that lets them overlap comes to its end
      if (open === 5) for (const one of waiting.splice(0)) one()
    })
    await expectApart(10, [site], { delay: 0.02, randomizeDelay: false, concurrencyPerSlot: 8 }, 20)
    expect(site.seen.peak).toBe(5)
  })
})

describe('requests at once', () => {
  it('row 56: are never more than concurrencyPerSlot, and that many', async () => {
    let held: (() => void)[] = []
    const site = await siteOf((respond, open) => {
      held.push(respond)
      if (open < 4) return
      // the site is full; whatever comes now before an answer is one too many
      setImmediate(() => {
        const now = held
        held = []
        for (const one of now) one()
      })
    })
    await askFor(40, [site.url], { concurrency: 16, concurrencyPerSlot: 4 })
    expect(site.seen.peak).toBe(4)
  })

  it('row 56: are never more than concurrency, of all slots together', async () => {
    const site = await siteOf((respond) => setImmediate(respond))
    let nth = 0
    await askFor(40, [site.url], { concurrency: 3, concurrencyPerSlot: 2 }, () => `slot ${nth++ % 4}`)
    expect(site.seen.peak).toBeLessThanOrEqual(3)
  })
})

describe('a slot', () => {
  it('row 57: is one for two ports of a host', async () => {
    let open = 0
    let peak = 0
    const answer = (respond: () => void): void => {
      peak = Math.max(peak, ++open)
      setImmediate(() => {
        open--
        respond()
      })
    }
    const [one, other] = [await siteOf(answer), await siteOf(answer)]
    await askFor(20, [one.url, other.url], { concurrency: 16, concurrencyPerSlot: 1 })
    expect(peak).toBe(1)
  })

  it('row 57: keeps its delay over two ports of a host', async () => {
    const [one, other] = [await siteOf(atOnce), await siteOf(atOnce)]
    await expectApart(5, [one, other], { delay: 0.03, randomizeDelay: false }, 30)
  })

  it('row 57: is another one where a request names it', async () => {
    const waiting: (() => void)[] = []
    const answer = (respond: () => void): void => {
      waiting.push(respond)
      // answered in pairs: with one slot of one place the second would never come
      if (waiting.length === 2) for (const one of waiting.splice(0)) one()
    }
    const site = await siteOf(answer)
    class Split extends Spider {
      override *start() {
        for (let n = 0; n < 10; n++) yield this.request(`${site.url}/p?${n}`, { slot: n % 2 === 0 ? 'even' : 'odd' })
      }
      override parse(): void {}
    }
    const { counts } = await run(Split, { concurrency: 16, concurrencyPerSlot: 1 })
    expect(counts.done).toBe(10)
    expect(site.seen.peak).toBe(2)
  })
})

describe('bodies in memory', () => {
  it('row 59: hold new pages back beyond maxActiveBytes, and let them go on', async () => {
    const SIZE = 100_000
    const LIMIT = 5 * SIZE
    const CONCURRENCY = 4
    let sent = 0
    let scraped = 0
    let most = 0
    const site = await startSite({
      '/big': (_, response) => {
        most = Math.max(most, ++sent - scraped)
        response.writeHead(200, { 'content-type': 'text/html' }).end('x'.repeat(SIZE))
      },
    })
    sites.push(site)
    let letGo = (): void => {}
    const stalled = new Promise<void>((resolve) => {
      letGo = resolve
    })
    let held = 0
    class Bigs extends Spider {
      override *start() {
        for (let n = 0; n < 40; n++) yield this.request(`${site.url}/big?${n}`)
      }
      override async parse(): Promise<void> {
        // the first pages stay until there are as many as memory has room for
        if (++held === LIMIT / SIZE) letGo()
        await stalled
        scraped++
      }
    }
    const { counts } = await run(Bigs, { maxActiveBytes: LIMIT, concurrency: CONCURRENCY + LIMIT / SIZE, concurrencyPerSlot: 40 })
    expect(counts.done).toBe(40)
    // those that were on their way when the limit was reached come on top
    expect(most).toBeLessThanOrEqual(LIMIT / SIZE + CONCURRENCY + LIMIT / SIZE)
  })
})
