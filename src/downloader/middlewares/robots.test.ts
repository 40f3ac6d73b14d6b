import { describe, expect, it } from 'vitest'
import { answer, around, type DownloadBench, downloadBench, failure } from '../../../test/support/download.ts'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import { DownloadError, IgnoreRequest } from '../../errors.ts'
import { Request } from '../../http/request.ts'
import { Response } from '../../http/response.ts'
import type { Settings } from '../../settings/settings.ts'
import type { Download } from '../contract.ts'
import { robots } from './robots.ts'

interface Gate extends DownloadBench {
  readonly clock: FakeClock
  /** The robots.txt files that were asked for. */
  readonly asked: Request[]
  /** The pages that were let through. */
  readonly passed: string[]
  readonly download: Download
}

function gate(file: (request: Request) => Promise<Response | Request>, settings: Partial<Settings> = {}): Gate {
  const clock = new FakeClock()
  const asked: Request[] = []
  const bench = downloadBench(settings, clock, (request) => {
    asked.push(request)
    return file(request)
  })
  const passed: string[] = []
  const download = around(robots, bench.context, async (request) => {
    passed.push(request.url)
    return answer(request)
  })
  return { ...bench, clock, asked, passed, download }
}

const says =
  (text: string, status = 200) =>
  async (request: Request): Promise<Response> =>
    answer(request, status, {}, text)

const page = (path: string, host = 'a.example'): Request => new Request(`http://${host}${path}`)

describe('what is allowed', () => {
  it('lets through what robots.txt allows, and ends the rest as robots', async () => {
    const { download, passed, stats } = gate(says('User-agent: *\nDisallow: /private\n'))
    await download(page('/public'))
    const error = await failure(download(page('/private/x')))
    expect(error).toBeInstanceOf(IgnoreRequest)
    expect(error.reason).toBe('robots')
    expect(passed).toEqual(['http://a.example/public'])
    expect(stats.flat()).toEqual({
      'robotstxt/forbidden': 1,
      'robotstxt/request_count': 1,
      'robotstxt/response_count': 1,
      'robotstxt/response_status_count/200': 1,
    })
  })

  it.each([
    [404, true],
    [403, true],
    [410, true],
    [304, true],
    [500, false],
    [503, false],
    [204, true],
  ])('status %i with "Disallow: /a" in its body: /b is %s', async (status, allowed) => {
    const { download, passed } = gate(says('User-agent: *\nDisallow: /a\n', status))
    await download(page('/b')).catch((error: IgnoreRequest) => expect(error.reason).toBe('robots'))
    expect(passed).toHaveLength(allowed ? 1 : 0)
    if (status >= 400 && status < 500) expect(await download(page('/a'))).toBeInstanceOf(Response)
  })

  it('nothing where there is no answer, and says why', async () => {
    const { download, passed, stats, lines } = gate(async () => {
      throw new DownloadError('ERR_CONNECT', 'refused')
    })
    expect((await failure(download(page('/')))).reason).toBe('robots')
    expect(passed).toEqual([])
    expect(stats.get('robotstxt/exception_count/ERR_CONNECT')).toBe(1)
    expect(lines.some((line) => line.includes('refused'))).toBe(true)
  })

  it('everything where the redirects of robots.txt do not end', async () => {
    const { download, passed } = gate(async () => {
      throw new IgnoreRequest('too many', 'failed')
    })
    await download(page('/'))
    expect(passed).toHaveLength(1)
  })

  it('asks as the request says who it is, or as robotsUserAgent', async () => {
    const file = says('User-agent: goose\nDisallow: /\nUser-agent: duck\nDisallow: /d\n')
    const asGoose = new Request('http://a.example/x', { headers: { 'User-Agent': 'Goose/1' } })
    expect((await failure(gate(file).download(asGoose))).reason).toBe('robots')
    expect(await gate(file).download(page('/x'))).toBeInstanceOf(Response)
    expect((await failure(gate(file, { userAgent: 'goose' }).download(page('/x')))).reason).toBe('robots')
    expect(await gate(file, { userAgent: 'goose', robotsUserAgent: 'duck' }).download(asGoose)).toBeInstanceOf(Response)
  })
})

describe('what is not asked', () => {
  it('a request that does not obey, robots.txt itself, other schemes, and anything with the setting off', async () => {
    const { download, asked, passed } = gate(says('User-agent: *\nDisallow: /'))
    await download(new Request('http://a.example/x', { dontObeyRobotsTxt: true }))
    await download(page('/robots.txt'))
    await download(new Request('data:text/plain,x'))
    expect(asked).toEqual([])
    expect(passed).toHaveLength(3)
    expect((await failure(download(page('/x/robots.txt')))).reason).toBe('robots')
    expect((await failure(download(page('/robots.txt?x')))).reason).toBe('robots')
    expect(robots.create(downloadBench({ obeyRobotsTxt: false }).context)).toBeUndefined()
  })
})

describe('fetching', () => {
  it('once for each origin, however many wait', async () => {
    let release!: () => void
    const released = new Promise<void>((resolve) => (release = resolve))
    const { download, asked, passed } = gate(async (request) => {
      await released
      return answer(request, 404)
    })
    const running = Array.from({ length: 8 }, (_, i) => download(page(`/${i}`)))
    running.push(
      download(page('/x', 'b.example')),
      download(page('/', 'a.example:8080')),
      download(new Request('https://a.example/')),
    )
    await Promise.resolve()
    expect(asked.map(({ url }) => url)).toEqual([
      'http://a.example/robots.txt',
      'http://b.example/robots.txt',
      'http://a.example:8080/robots.txt',
      'https://a.example/robots.txt',
    ])
    expect(passed).toEqual([])
    release()
    await Promise.all(running)
    expect(passed).toHaveLength(11)
    expect(asked[0]?.options).toMatchObject({ dontObeyRobotsTxt: true, maxRedirects: 5 })
  })

  it('again after a day, or after ten minutes where there was no answer', async () => {
    let status = 200
    const { download, asked, clock } = gate(async (request) => answer(request, status))
    await download(page('/'))
    clock.advance(24 * 3600_000 - 1)
    await download(page('/'))
    expect(asked).toHaveLength(1)
    clock.advance(1)
    status = 500
    await failure(download(page('/')))
    expect(asked).toHaveLength(2)
    clock.advance(600_000 - 1)
    await failure(download(page('/')))
    expect(asked).toHaveLength(2)
    clock.advance(1)
    status = 404
    await download(page('/'))
    expect(asked).toHaveLength(3)
  })

  it('is no word of the site when the crawl ends meanwhile, or a middleware fails', async () => {
    for (const thrown of [new DownloadError('ERR_ABORTED', 'closed'), new TypeError('a bug')]) {
      let error: Error | undefined = thrown
      const { download, passed } = gate(async (request) => {
        if (error !== undefined) throw error
        return answer(request, 404)
      })
      expect(await failure(download(page('/')))).toBe(thrown)
      error = undefined
      await download(page('/'))
      expect(passed).toHaveLength(1)
    }
  })

  it('keeps what fits into 64 MiB of memory, the latest', async () => {
    const large = gate(says(`# ${'x'.repeat(400_000)}`))
    for (let i = 0; i < 40; i++) await large.download(page('/', `h${i}.example`))
    for (let i = 20; i < 40; i++) await large.download(page('/', `h${i}.example`))
    expect(large.asked).toHaveLength(40)
    await large.download(page('/', 'h0.example'))
    expect(large.asked).toHaveLength(41)

    const many = gate(says('', 404))
    for (let i = 0; i < 10_000; i++) await many.download(page('/', `h${i}.example`))
    await many.download(page('/', 'h0.example'))
    expect(many.asked).toHaveLength(10_000)
  })

  it('lets 1,000 pages of one origin wait for one file, and all of them end as robots where it cannot be read', async () => {
    let fail!: (error: Error) => void
    const answered = new Promise<Response>((_, reject) => (fail = reject))
    const { download, asked, passed } = gate(() => answered)
    const running = Array.from({ length: 1000 }, (_, i) => failure(download(page(`/${i}`))))
    fail(new DownloadError('ERR_TIMEOUT', 'no answer within 60 s'))
    const reasons = (await Promise.all(running)).map(({ reason }) => reason)
    expect(new Set(reasons)).toEqual(new Set(['robots']))
    expect([asked.length, passed.length]).toEqual([1, 0])
    expect(asked[0]?.options.timeout).toBe(60)
  })

  it('goes the way the page goes', async () => {
    const { download, asked } = gate(says(''))
    const way = { proxy: 'http://proxy.example:8080', localAddress: '127.0.0.9' }
    await download(new Request('http://a.example/', way))
    expect(asked[0]?.options).toMatchObject(way)
  })

  it('is as often as the site wants where a fetch failed because the crawl ended', async () => {
    let error: DownloadError | undefined = new DownloadError('ERR_ABORTED', 'aborted')
    const { download, asked, stats } = gate(async (request) => {
      if (error !== undefined) throw error
      return answer(request)
    })
    const all = await Promise.all([failure(download(page('/1'))), failure(download(page('/2')))])
    expect(all).toEqual([error, error])
    error = undefined
    expect(await download(page('/1'))).toBeInstanceOf(Response)
    expect(asked).toHaveLength(2)
    expect(stats.get('robotstxt/exception_count/ERR_ABORTED')).toBeUndefined()
  })
})

describe("robotsErrors: 'scrapy'", () => {
  it.each([200, 404, 403, 500, 503, 304])('reads the body of a %i', async (status) => {
    const { download, passed } = gate(says('User-agent: *\nDisallow: /a\n', status), { robotsErrors: 'scrapy' })
    await download(page('/b'))
    expect((await failure(download(page('/a')))).reason).toBe('robots')
    expect(passed).toHaveLength(1)
  })

  it('allows all where there is no answer', async () => {
    for (const error of [new DownloadError('ERR_CONNECT', 'refused'), new IgnoreRequest('too many redirects', 'failed')]) {
      const { download, passed } = gate(() => Promise.reject(error), { robotsErrors: 'scrapy' })
      await download(page('/'))
      expect(passed).toHaveLength(1)
    }
  })
})

describe('robotsParsed', () => {
  it('tells what was read, before the pages that wait go on, and once a fetch', async () => {
    const { download, context, passed } = gate(
      says('Sitemap: /s.xml\nUser-agent: goose\nDisallow: /g\nCrawl-delay: 3\nUser-agent: *\nDisallow: /x\n'),
    )
    const heard: unknown[] = []
    context.signals.on('robotsParsed', async ({ origin, sitemaps, allows, crawlDelay }) => {
      await Promise.resolve()
      heard.push([
        origin,
        sitemaps,
        allows('http://a.example/g', 'goose'),
        allows('/g', 'duck'),
        crawlDelay('goose'),
        passed.length,
      ])
    })
    await Promise.all([download(page('/1')), download(page('/2'))])
    expect(heard).toEqual([['http://a.example', ['/s.xml'], false, true, 3, 0]])
    expect(passed).toHaveLength(2)
  })

  it('is silent where there is no robots.txt', async () => {
    const { download, context } = gate(says('User-agent: *', 404))
    let heard = 0
    context.signals.on('robotsParsed', () => void heard++)
    await download(page('/'))
    expect(heard).toBe(0)
  })
})

describe('delays', () => {
  it('tells the slot of a longer Crawl-delay, once, and sends the page back to keep it', async () => {
    const { download, slots, passed } = gate(says('User-agent: *\nCrawl-delay: 2.5\n'))
    const request = new Request('http://a.example/', { maxRetries: 7 })
    const back = await download(request)
    expect(back).toBeInstanceOf(Request)
    expect((back as Request).state).toEqual({ ...request.state, putBack: 1 })
    expect((back as Request).options).toEqual(request.options)
    expect(passed).toEqual([])
    expect(slots).toEqual([{ url: 'http://a.example/', change: { delay: 2500, randomizeDelay: false } }])
    expect(await download(back as Request)).toBeInstanceOf(Response)
    await download(page('/2'))
    expect(slots).toHaveLength(1)
    await download(new Request('http://a.example/3', { slot: 'own' }))
    expect(slots).toHaveLength(2)
  })

  it.each([
    ['1', 2],
    ['2', 2],
    ['-1', 0],
    ['0', 0],
    ['soon', 0],
  ])('leaves the slot alone for Crawl-delay %s with a delay of %i s', async (crawlDelay, delay) => {
    const { download, slots } = gate(says(`User-agent: *\nCrawl-delay: ${crawlDelay}\n`), { delay })
    await download(page('/'))
    expect(slots).toEqual([])
  })

  it('obeys a minute at most', async () => {
    const { download, slots } = gate(says('User-agent: *\nCrawl-delay: 86400\n'))
    await download(page('/'))
    expect(slots[0]?.change.delay).toBe(60_000)
  })

  it('all that waited go back where requests are spaced, by whatever', async () => {
    const spaced = [{ delay: 1 }, { slots: { 'a.example': { delay: 1 } } }, { autoThrottle: true }, { maxRequestsPerSecond: 5 }]
    for (const settings of spaced) {
      const { download, passed } = gate(says(''), settings)
      const results = await Promise.all([download(page('/1')), download(page('/2'))])
      expect(results.map((result) => (result as Request).state.putBack)).toEqual([1, 1])
      expect(passed).toEqual([])
      expect(await download(page('/3'))).toBeInstanceOf(Response)
    }
  })

  it('leaves Crawl-delay alone with obeyCrawlDelay off', async () => {
    const { download, slots } = gate(says('User-agent: *\nCrawl-delay: 9\n'), { obeyCrawlDelay: false })
    expect(await download(page('/'))).toBeInstanceOf(Response)
    expect(await download(page('/2'))).toBeInstanceOf(Response)
    expect(slots).toEqual([])
  })

  it('makes one request a turn: each redirect and each further try waits for a page\u2019s next', async () => {
    const steps: ((request: Request, now: number) => Request | Response)[] = [
      (r, now) => r.withState({ retryTimes: 1 }).replace({ notBefore: now + 1500 }),
      (r) => r.replace({ url: 'http://www.a.example/robots.txt' }),
      (r) => answer(r, 200, {}, 'User-agent: *\nDisallow: /no\n'),
    ]
    const { download, asked, slots, clock, passed, stats } = gate(async (r) => steps.shift()!(r, clock.now()), { delay: 2 })
    const until = clock.now() + 1500
    // the first page's turn, with another page beside it
    const [first, beside] = (await Promise.all([download(page('/1')), download(page('/2'))])) as Request[]
    for (const put of [first!, beside!]) expect([put.notBefore, put.state.putBack, put.state.retryTimes]).toEqual([until, 1, 0])
    expect(slots).toEqual([{ url: 'http://a.example/1', change: { blockedUntil: until } }])
    // a page that comes too early does not ask
    expect(((await download(page('/3'))) as Request).notBefore).toBe(until)
    expect(asked).toHaveLength(1)
    clock.advance(1500)
    const second = (await download(first!)) as Request
    expect([second.state.putBack, asked.length]).toEqual([2, 2])
    const third = (await download(second)) as Request
    expect([third.state.putBack, asked.length]).toEqual([3, 3])
    // www was asked out of its turn: what follows there waits
    expect(slots.slice(1)).toEqual([{ url: 'http://www.a.example/robots.txt', change: { blockedUntil: clock.now() + 2000 } }])
    expect(passed).toEqual([])
    expect(await download(third)).toBeInstanceOf(Response)
    expect((await failure(download(page('/no')))).reason).toBe('robots')
    expect(asked).toHaveLength(3)
    expect(stats.get('robotstxt/request_count')).toBe(1)
  })

  it('does not send a page back for ever', async () => {
    // as if what was read were forgotten each time
    const { download, clock, asked } = gate(says(''), { delay: 1 })
    let result: Request | Response = page('/')
    for (let turn = 0; result instanceof Request; turn++) {
      expect(turn).toBeLessThan(20)
      clock.advance(25 * 3600_000)
      result = await download(result)
    }
    expect(asked).toHaveLength(9)
  })
})
