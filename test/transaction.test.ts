import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Config, EndReason, Extension, Frontier, FrontierBackend, HtmlResponse, Pipeline, Request } from '../src/index.ts'
import { crawl, MemoryFrontier, memoryFrontierOptions, resolveSettings, SkeinError, Spider } from '../src/index.ts'
import { links, type Site, startSite } from './support/site.ts'
import { type RunningStore, storeFixtures } from './support/store-fixtures.ts'

/** Pages 0 to 24; page n links to 2n+1 and 2n+2, to the root and to itself. */
const PAGES = 25
const children = (n: number): number[] => [2 * n + 1, 2 * n + 2].filter((child) => child < PAGES)

/** The pages that are found when these give no links. */
function reachable(silent: ReadonlySet<number>): number[] {
  const found = [0]
  for (const n of found) if (!silent.has(n)) found.push(...children(n))
  return found
}

class Fault extends Error {}

/** Fails at the n-th call, once. */
class Fuse {
  calls = 0
  readonly at: number
  constructor(at: number) {
    this.at = at
  }
  burn(): void {
    if (++this.calls === this.at) throw new Fault(`fault injected at call ${this.at}`)
  }
}

let site: Site
let folder: string
let fuses: Partial<Record<Place, Fuse>>

const PLACES = [
  'download',
  'callback',
  'callback, half-way',
  'pipeline process',
  'pipeline flush',
  'pipeline flushed',
  'frontier lease',
  'frontier commit',
  'frontier enqueue',
  'start',
  'session at a lease',
  'session at a commit',
  'session after a commit',
] as const // prettier-ignore
type Place = (typeof PLACES)[number]
const burn = (place: Place): void => fuses[place]?.burn()

class Tree extends Spider {
  override *start() {
    yield this.request(`${site.url}/0`)
    burn('start')
  }

  override async *parse(page: HtmlResponse) {
    burn('callback')
    yield { page: Number(/\d+$/.exec(page.url)![0]) }
    burn('callback, half-way')
    yield* page.followAll('a')
    await undefined
  }
}

/**
 * The frontier, with fuses before its steps: a step that throws has changed nothing. A session that blows is lost, as if its worker had been
 * taken for dead: what it held goes back, and it hears of it with its next lease.
 */
function fused(backend: FrontierBackend): FrontierBackend {
  return {
    async connect(): Promise<Frontier> {
      const frontier = await backend.connect()
      let lost = false
      const mayBeLost = async (place: Place): Promise<void> => {
        try {
          burn(place)
        } catch {
          lost = true
          await frontier.close()
        }
      }
      return {
        ...frontier,
        lease: async (max) => {
          burn('frontier lease')
          await mayBeLost('session at a lease')
          if (lost) throw new SkeinError('ERR_SESSION_LOST', 'taken for dead')
          return frontier.lease(max)
        },
        commit: async (commits, tally) => {
          burn('frontier commit')
          await mayBeLost('session at a commit')
          const results = await frontier.commit(commits, tally)
          await mayBeLost('session after a commit')
          return results
        },
        enqueue: async (requests) => {
          burn('frontier enqueue')
          return frontier.enqueue(requests)
        },
      }
    },
  }
}

/** What a chain of pipelines stores in. */
type Store = Pick<RunningStore, 'pipeline' | 'pages' | 'stop'>

/** Keeps items in memory, once they were flushed: what is done twice is there twice. */
const memory = {
  name: 'memory',
  missing: false,
  async start(): Promise<Store> {
    const stored = new Map<string, number[]>()
    return {
      async pages(place) {
        return (stored.get(place) ?? []).sort((a, b) => a - b)
      },
      pipeline(place) {
        let buffer: number[] = []
        return {
          name: 'store',
          process(item) {
            buffer.push((item as { page: number }).page)
            return item
          },
          flush() {
            stored.set(place, [...(stored.get(place) ?? []), ...buffer])
            buffer = []
          },
        }
      },
      stop: async () => {},
    }
  },
}

/** A pipeline with fuses around its steps: one that blows after a flush leaves everything stored, and nobody knows of it. */
function fusedPipeline(inner: Pipeline): Pipeline {
  return {
    name: inner.name,
    open: (context) => inner.open?.(context),
    process(item, info) {
      burn('pipeline process')
      return inner.process(item, info)
    },
    async flush() {
      burn('pipeline flush')
      await inner.flush?.()
      burn('pipeline flushed')
    },
    close: () => inner.close?.(),
  }
}

/** One crawl, taken up again as often as it was ended by a fault. */
async function crawlToTheEnd(store: Store, place: string) {
  const backend = new MemoryFrontier(memoryFrontierOptions(resolveSettings([])))
  const ends: [string, EndReason][] = []
  const witness: Extension = {
    name: 'witness',
    open({ signals }) {
      return signals.on('requestEnded', ({ request, reason }) => void ends.push([request.url, reason]))
    },
  }
  const config: Config = {
    concurrency: 4,
    concurrencyPerSlot: 4,
    obeyRobotsTxt: false,
    logLevel: 'silent',
    retryDelay: 0,
    extensions: [witness],
    downloaderMiddlewares: [
      {
        name: 'fuse',
        order: 900,
        create: () => async (request: Request, next) => {
          burn('download')
          return next(request)
        },
      },
    ],
    feeds: [{ uri: join(folder, 'out.jsonl') }],
  }
  const reasons: string[] = []
  for (;;) {
    const result = await crawl(Tree, {
      config: { ...config, pipelines: [fusedPipeline(store.pipeline(place))] },
      frontier: fused(backend),
    })
    reasons.push(result.reason)
    expect(result.ok).toBe(result.error === undefined)
    if (result.reason === 'finished' || result.reason === 'start_error')
      return { reasons, ends, stored: await store.pages(place), counts: result.counts, frontier: await backend.connect() }
    expect(reasons.length).toBeLessThan(5)
  }
}

beforeAll(async () => {
  const pages = Array.from({ length: PAGES }, (_, n) => [
    `/${n}`,
    links('/0', `/${n}`, ...children(n).map((child) => `/${child}`)),
  ])
  site = await startSite(Object.fromEntries(pages) as Record<string, string>)
})
afterAll(() => site.close())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-transaction-'))
  site.log.length = 0
  fuses = {}
  return () => rmSync(folder, { recursive: true })
})

for (const fixture of [memory, ...storeFixtures])
  describe.skipIf(fixture.missing)(`the page transaction, with ${fixture.name} for a store`, () => {
    let store: Store | undefined
    let places = 0
    const crawlOnce = () => crawlToTheEnd(store!, `transaction_${++places}`)
    beforeAll(async () => {
      store = await fixture.start()
    })
    afterAll(() => store?.stop())

    for (const place of PLACES) {
      it(`holds when the ${place} ${place.startsWith('session') ? 'is lost' : 'throws'}, whichever call of it`, {
        timeout: 60_000,
      }, async () => {
        let blown = 0
        for (const at of [1, 2, 3, 7, 24, 25]) {
          site.log.length = 0
          rmSync(join(folder, 'out.jsonl'), { force: true })
          const fuse = new Fuse(at)
          fuses = { [place]: fuse }
          const { reasons, ends, stored, counts, frontier } = await crawlOnce()
          if (place.startsWith('session')) expect(reasons, `${place}, call ${at}`).toEqual(['finished'])
          if (fuse.calls >= at) blown++
          const context = `${place}, call ${at}`

          // I2: every request is in one place, and none is under way
          expect(counts, context).toMatchObject({ queued: 0, delayed: 0, leased: 0 })
          const dead = (await frontier.inspect.deadLetters()).map((letter) => letter.request)

          // I1: every page was fetched, and those that did not fail were committed with what they gave
          const failed = new Set(dead.map((request) => Number(/\d+$/.exec(request.url)![0])))
          const expected = reachable(place === 'pipeline process' ? new Set() : failed)
          expect(counts, context).toMatchObject({ seen: expected.length, done: expected.length - failed.size, dead: failed.size })
          const fetched = new Set(site.log.map((path) => Number(path.slice(1))))
          for (const n of expected)
            expect(fetched.has(n) || (place === 'download' && failed.has(n)), `${context}: page ${n} fetched`).toBe(true)
          const inStore = new Set(stored)
          if (fixture !== memory) expect(stored.length, `${context}: pages stored once`).toBe(inStore.size)
          for (const n of expected) if (!failed.has(n)) expect(inStore.has(n), `${context}: page ${n} in the store`).toBe(true)
          const inFeed = new Set(
            readFileSync(join(folder, 'out.jsonl'), 'utf8')
              .match(/.+/g)
              ?.map((line) => JSON.parse(line).page),
          )
          for (const n of expected) if (!failed.has(n)) expect(inFeed.has(n), `${context}: page ${n} in the feed`).toBe(true)

          // I5: one visible end for each request, with its reason
          const pageEnds = ends.filter(([, reason]) => reason !== 'duplicate')
          expect(pageEnds.map(([url]) => url).sort(), context).toEqual([...new Set(pageEnds.map(([url]) => url))].sort())
          expect(pageEnds.length, context).toBe(expected.length)
          expect(pageEnds.filter(([, reason]) => reason === 'failed').length, context).toBe(failed.size)
        }
        expect(blown, 'the fuse was reached').toBeGreaterThan(0)
      })
    }

    it('is not disturbed where nothing throws', async () => {
      const { reasons, ends, stored, counts } = await crawlOnce()
      expect(reasons).toEqual(['finished'])
      expect(counts).toEqual({ queued: 0, delayed: 0, leased: 0, done: PAGES, dead: 0, seen: PAGES })
      expect(stored).toHaveLength(PAGES)
      expect(Object.values(site.hits())).toEqual(new Array(PAGES).fill(1))
      const linksInAll = Array.from({ length: PAGES }, (_, n) => 2 + children(n).length).reduce((a, b) => a + b)
      expect(ends).toHaveLength(PAGES + linksInAll - (PAGES - 1))
    })
  })
