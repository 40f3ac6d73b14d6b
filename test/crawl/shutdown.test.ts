import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  CloseSpider,
  type HtmlResponse,
  MemoryFrontier,
  memoryFrontierOptions,
  resolveSettings,
  Spider,
} from '../../src/index.ts'
import { run } from '../support/run.ts'
import { links, type Route, type Site, startSite } from '../support/site.ts'

let site: Site
let folder: string
/** Pages that hang until they are let go. */
let held: { path: string; answer: () => void }[]
let onHeld: () => void

const hold: Route = (request, response) => {
  held.push({ path: request.url!, answer: () => void response.writeHead(200, { 'content-type': 'text/html' }).end(links()) })
  onHeld()
}

beforeEach(async () => {
  held = []
  onHeld = () => {}
  folder = mkdtempSync(join(tmpdir(), 'skein-shutdown-'))
  site = await startSite({
    '/': links(...Array.from({ length: 10 }, (_, n) => `/slow?${n}`)),
    '/slow': hold,
  })
})
afterEach(async () => {
  await site.close()
  rmSync(folder, { recursive: true })
})

class Slow extends Spider {
  override startUrls = [`${site.url}/`]
  override *parse(page: HtmlResponse) {
    yield { url: page.url }
    yield* page.followAll('a')
  }
}

/** Resolves when so many pages hang. */
const hanging = (count: number): Promise<void> =>
  new Promise((resolve) => {
    onHeld = () => {
      if (held.length === count) resolve()
    }
  })

const newFrontier = () => new MemoryFrontier(memoryFrontierOptions(resolveSettings([])))

describe('the first interrupt', () => {
  it('finishes what is in flight, starts nothing, and leaves a crawl that can be taken up', async () => {
    const frontier = newFrontier()
    const interrupt = new AbortController()
    const output = join(folder, 'out.json')
    const config = { concurrency: 4, concurrencyPerSlot: 4, feeds: [{ uri: output }] }
    const crawling = run(Slow, config, { frontier, signal: interrupt.signal })
    await hanging(4)
    interrupt.abort()
    for (const { answer } of held) answer()
    const { reason, ok, counts } = await crawling
    expect({ reason, ok }).toEqual({ reason: 'shutdown', ok: true })
    expect(counts).toMatchObject({ done: 5, queued: 6, leased: 0 })
    expect(JSON.parse(readFileSync(output, 'utf8'))).toHaveLength(5)

    onHeld = () => held.at(-1)!.answer()
    const rest = await run(Slow, config, { frontier })
    expect(rest).toMatchObject({ reason: 'finished', counts: { done: 11, queued: 0 } })
    expect(JSON.parse(readFileSync(output, 'utf8'))).toHaveLength(11)
    expect(Object.values(site.hits())).toEqual(new Array(11).fill(1))
  })

  it('gives pages back that take longer than the grace', async () => {
    const frontier = newFrontier()
    const interrupt = new AbortController()
    const crawling = run(
      Slow,
      { concurrency: 4, concurrencyPerSlot: 4, shutdownGrace: 0.05 },
      { frontier, signal: interrupt.signal },
    )
    await hanging(4)
    interrupt.abort()
    expect(await crawling).toMatchObject({ reason: 'shutdown', ok: true, counts: { done: 1, queued: 10, leased: 0 } })
  })

  it('ends a crawl that waits for a delayed request at once', async () => {
    const interrupt = new AbortController()
    class Later extends Spider {
      override *start() {
        yield this.request(`${site.url}/`, { notBefore: Date.now() + 3_600_000 })
        queueMicrotask(() => interrupt.abort())
      }
    }
    expect(await run(Later, {}, { signal: interrupt.signal })).toMatchObject({ reason: 'shutdown', counts: { delayed: 1 } })
  })

  it('that came before the crawl began lets it end before its first request', async () => {
    const { reason } = await run(Slow, {}, { signal: AbortSignal.abort() })
    expect(reason).toBe('shutdown')
    expect(site.log).toEqual([])
  })
})

describe('the second interrupt', () => {
  it('gives everything back and ends now, with valid feeds', async () => {
    const frontier = newFrontier()
    const first = new AbortController()
    const second = new AbortController()
    const output = join(folder, 'out.json')
    const config = { concurrency: 4, concurrencyPerSlot: 4, feeds: [{ uri: output }] }
    const crawling = run(Slow, config, { frontier, signal: first.signal, force: second.signal })
    await hanging(4)
    first.abort()
    second.abort()
    expect(await crawling).toMatchObject({ reason: 'shutdown', counts: { done: 1, queued: 10, leased: 0 } })
    expect(JSON.parse(readFileSync(output, 'utf8'))).toHaveLength(1)
  })
})

describe('CloseSpider', () => {
  it('ends the crawl in good order, from a callback, an errback or start()', async () => {
    class FromCallback extends Slow {
      override *parse(page: HtmlResponse) {
        yield { url: page.url }
        yield* page.followAll('a')
        throw new CloseSpider('enough')
      }
    }
    const fromCallback = await run(FromCallback)
    expect(fromCallback).toMatchObject({ reason: 'enough', ok: true, counts: { done: 1, queued: 10 } })
    expect(fromCallback.items).toHaveLength(1)

    class FromErrback extends Spider {
      override *start() {
        yield this.request(`${site.url}/missing`, { errback: 'failed' })
      }
      failed(): void {
        throw new CloseSpider('blocked')
      }
    }
    expect((await run(FromErrback)).reason).toBe('blocked')

    class FromStart extends Spider {
      override start(): never {
        throw new CloseSpider('no seeds today')
      }
    }
    expect(await run(FromStart)).toMatchObject({ reason: 'no seeds today', ok: true })
  })
})

describe('a start() that waits for ever', () => {
  it('does not keep a crawl from closing', async () => {
    class Waits extends Spider {
      override async *start() {
        yield this.request(`${site.url}/`)
        await new Promise(() => {})
      }
      override parse(): void {
        throw new CloseSpider('enough')
      }
    }
    expect(await run(Waits, { shutdownGrace: 0.01 })).toMatchObject({
      reason: 'enough',
      ok: true,
      counts: { done: 1, leased: 0 },
    })
  })
})

describe('closed()', () => {
  it('is called with the reason, also when it throws', async () => {
    const reasons: string[] = []
    class Says extends Spider {
      override closed(reason: string): void {
        reasons.push(reason)
        throw new Error('but I am not ready')
      }
    }
    const { ok, log } = await run(Says)
    expect(reasons).toEqual(['finished'])
    expect(ok).toBe(true)
    expect(log.some(({ level }) => level === 'error')).toBe(true)
  })
})
