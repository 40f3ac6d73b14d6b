import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CloseSpider, MemoryFrontier, memoryFrontierOptions, resolveSettings, Spider } from '../../src/index.ts'
import { run } from '../support/run.ts'
import { links, type Site, startSite } from '../support/site.ts'

let site: Site
beforeAll(async () => {
  site = await startSite({ '/1': links(), '/2': links(), '/3': links() })
})
afterAll(() => site.close())
beforeEach(() => {
  site.log.length = 0
})

describe('start()', () => {
  it('does not fetch a seed twice that is named twice', async () => {
    class Twice extends Spider {
      override startUrls = [`${site.url}/1`, `${site.url}/1#again`, `${site.url}/1`]
      override parse(): void {}
    }
    const { ends } = await run(Twice)
    expect(ends.map(([, reason]) => reason).sort()).toEqual(['done', 'duplicate', 'duplicate'])
    expect(site.log).toEqual(['/1'])
  })

  it('and pages tell of each request that goes into the queue', async () => {
    class Two extends Spider {
      override startUrls = [`${site.url}/1`, `${site.url}/1`]
      override *parse() {
        yield this.request(`${site.url}/1`)
        yield this.request(`${site.url}/2`)
      }
    }
    const scheduled: string[] = []
    await run(Two, {
      extensions: [
        { name: 'ear', open: ({ signals }) => signals.on('requestScheduled', ({ request }) => void scheduled.push(request.url)) },
      ],
    })
    expect(scheduled).toEqual([`${site.url}/1`, `${site.url}/2`])
  })

  it('may give items, wait between its outputs, and be an array', async () => {
    let first: (() => void) | undefined
    const firstDone = new Promise<void>((resolve) => {
      first = resolve
    })
    class Slow extends Spider {
      override async *start() {
        yield { seed: 0 }
        yield this.request(`${site.url}/1`)
        // the first page is crawled while start() waits: it is not held back until the batch is full
        await firstDone
        yield this.request(`${site.url}/2`)
      }
      override *parse(page: { url: string }) {
        if (page.url.endsWith('/1')) first!()
        yield { url: page.url }
      }
    }
    expect((await run(Slow)).items).toEqual([{ seed: 0 }, { url: `${site.url}/1` }, { url: `${site.url}/2` }])

    class List extends Spider {
      override start() {
        return [this.request(`${site.url}/3`)]
      }
      override parse(): void {}
    }
    expect((await run(List)).ends).toEqual([['/3', 'done']])
  })

  it('that throws keeps what it gave, and the crawl says how it ended', async () => {
    class Broken extends Spider {
      override *start() {
        yield this.request(`${site.url}/1`)
        throw new Error('the list of seeds is gone')
      }
      override parse(): void {}
    }
    const { ends, reason, ok, error, log } = await run(Broken)
    expect(ends).toEqual([['/1', 'done']])
    expect({ reason, ok, error }).toMatchObject({
      reason: 'start_error',
      ok: false,
      error: { message: 'the list of seeds is gone' },
    })
    expect(log.some(({ level, message }) => level === 'error' && message.includes('start() failed'))).toBe(true)
  })

  it('is asked for no more than the crawl needs', async () => {
    let made = 0
    class Endless extends Spider {
      override *start() {
        for (;;) yield this.request(`${site.url}/1?n=${made++}`)
      }
      override parse(): void {
        throw new CloseSpider('seen enough')
      }
    }
    const { reason } = await run(Endless, { concurrency: 1 })
    expect(reason).toBe('seen enough')
    expect(made).toBeLessThan(10_500)
  })

  it('of a crawl that was cut short is run again when the crawl is taken up', async () => {
    const frontier = new MemoryFrontier(memoryFrontierOptions(resolveSettings([])))
    let runs = 0
    let closing = (): void => {}
    const closed = new Promise<void>((resolve) => {
      closing = resolve
    })
    class Cut extends Spider {
      override async *start() {
        runs++
        for (let n = 0; n < 350; n++) {
          if (n === 150) await closed
          yield this.request(`${site.url}/1?n=${n}`)
        }
      }
      override parse(): void {
        closing()
        if (runs === 1) throw new CloseSpider('tired')
      }
    }
    const first = await run(Cut, {}, { frontier })
    expect(first.reason).toBe('tired')
    expect(first.counts.leased).toBe(0)
    expect(first.counts.seen).toBeLessThan(350)
    const second = await run(Cut, {}, { frontier })
    expect(second.reason).toBe('finished')
    expect(runs).toBe(2)
    expect(second.counts).toMatchObject({ done: 350, queued: 0 })
    expect(Object.keys(site.hits())).toHaveLength(350)
    expect(site.log).toHaveLength(350)
  })

  it('may be followed by more, when the spider is idle', async () => {
    class Idle extends Spider {
      override startUrls = [`${site.url}/1`]
      override parse(): void {}
    }
    let asked = 0
    const { ends, reason } = await run(Idle, {
      extensions: [
        {
          name: 'more',
          open({ signals }) {
            return signals.on('spiderIdle', async ({ enqueue }) => {
              if (++asked === 1) await enqueue([new Idle().request(`${site.url}/2`)])
            })
          },
        },
      ],
    })
    expect(ends.map(([path]) => path)).toEqual(['/1', '/2'])
    expect({ asked, reason }).toEqual({ asked: 2, reason: 'finished' })
  })
})
