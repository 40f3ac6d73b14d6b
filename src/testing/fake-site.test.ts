import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { FakeClock } from '../../test/support/fake-clock.ts'
import type { FakeSite, FakeSiteOptions, SiteHandler, SiteRoutes } from './contract.ts'
import { fakeSite } from './fake-site.ts'

const open: FakeSite[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((site) => site.close()))
})

async function start(routes: SiteRoutes | SiteHandler, options?: FakeSiteOptions): Promise<FakeSite> {
  const site = await fakeSite(routes, options)
  open.push(site)
  return site
}

const text = async (url: string, init?: RequestInit): Promise<string> => (await fetch(url, init)).text()

describe('routes', () => {
  test('answer with HTML, JSON, text, bytes, a stream, or by hand', async () => {
    const site = await start({
      '/html': '<h1>é</h1>',
      '/json': { json: { a: [1, null, 'ü'] } },
      '/text': { text: 'plain' },
      '/bytes': { bytes: Uint8Array.of(0, 255, 7) },
      '/stream': { stream: ['one ', new TextEncoder().encode('two')] },
      '/raw': { raw: (response) => response.writeHead(218, 'This is fine').end('by hand') },
      '/nothing': { status: 204 },
      '/headers': { html: 'x', headers: { 'Content-Type': 'text/html', 'Set-Cookie': ['a=1', 'b=2'] } },
    })
    const kinds: Record<string, [number, string | null, string]> = {}
    for (const path of ['html', 'json', 'text', 'bytes', 'stream', 'raw', 'nothing']) {
      const response = await fetch(`${site.url}/${path}`)
      const body = Buffer.from(await response.arrayBuffer()).toString('latin1')
      kinds[path] = [response.status, response.headers.get('content-type'), body]
    }
    const latin1 = (of: string): string => Buffer.from(of).toString('latin1')
    expect(kinds).toEqual({
      html: [200, 'text/html; charset=utf-8', latin1('<h1>é</h1>')],
      json: [200, 'application/json', latin1('{"a":[1,null,"ü"]}')],
      text: [200, 'text/plain; charset=utf-8', 'plain'],
      bytes: [200, 'application/octet-stream', '\x00\xff\x07'],
      stream: [200, 'application/octet-stream', 'one two'],
      raw: [218, null, 'by hand'],
      nothing: [204, null, ''],
    })
    const { headers } = await fetch(`${site.url}/headers`)
    expect(headers.get('content-type')).toBe('text/html')
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  })

  test('win in this order: with the query, without, the first pattern; with the method before without', async () => {
    const site = await start({
      '/a/*': ({ params }) => `star ${params['*']}`,
      '/a/:id': ({ params }) => `id ${params['id']}`,
      'POST /a/:id': ({ params, body }) => `posted ${params['id']} ${body.toString()}`,
      '/a/1': 'one',
      '/a/1?x=1': 'with query',
      'DELETE /a/1': 'gone',
      '/b.c/:x/d/:y': ({ params }) => `${params['x']} ${params['y']}`,
    })
    expect(await text(`${site.url}/a/1`)).toBe('one')
    expect(await text(`${site.url}/a/1?y=2`)).toBe('one')
    expect(await text(`${site.url}/a/1?x=1`)).toBe('with query')
    expect(await text(`${site.url}/a/1?x=1`, { method: 'DELETE' })).toBe('with query')
    expect(await text(`${site.url}/a/1?y=2`, { method: 'DELETE' })).toBe('gone')
    expect(await text(`${site.url}/a/b/c`)).toBe('star b/c')
    expect(await text(`${site.url}/a/2`)).toBe('star 2')
    expect(await text(`${site.url}/a/2`, { method: 'POST', body: 'hello' })).toBe('posted 2 hello')
    expect(await text(`${site.url}/b.c/%C3%BC/d/%`)).toBe('ü %')
    expect((await fetch(`${site.url}/bxc/1/d/2`)).status).toBe(404)
  })

  test('see who asks for what', async () => {
    const site = await start(({ method, url, path, query, headers, cookies, client, attempt }) => ({
      json: { method, url, path, q: query.getAll('q'), agent: headers['user-agent'], cookies, client, attempt },
    }))
    const init = { headers: { 'user-agent': 'me', cookie: 'a=1; b=x=y; c' } }
    await fetch(`${site.url}/p?q=1&q=%20`, init)
    expect(await (await fetch(`${site.url}/p?q=1&q=%20`, init)).json()).toEqual({
      method: 'GET',
      url: '/p?q=1&q=%20',
      path: '/p',
      q: ['1', ' '],
      agent: 'me',
      cookies: { a: '1', b: 'x=y' },
      client: '127.0.0.1',
      attempt: 2,
    })
  })

  test('that are no pages are 404, those that throw 500, and a wrong answer says what is wrong', async () => {
    const site = await start({
      '/undefined': () => undefined,
      '/throws': () => {
        throw new Error('no <b>luck</b>')
      },
      '/rejects': () => Promise.reject(new Error('later')),
      '/two': { html: 'a', text: 'b' },
      '/status': { status: 99 },
      '/breaks': {
        stream: (function* () {
          yield 'begun'
          throw new Error('broken')
        })(),
      },
    })
    expect((await fetch(`${site.url}/undefined`)).status).toBe(404)
    expect((await fetch(`${site.url}/elsewhere`)).status).toBe(404)
    expect(await text(`${site.url}/throws`)).toContain('no &lt;b>luck')
    expect((await fetch(`${site.url}/rejects`)).status).toBe(500)
    expect(await text(`${site.url}/two`)).toContain('Expected an answer of a fake site to have one body, got html and text.')
    expect(await text(`${site.url}/status`)).toContain('a status from 200 to 999, got 99')
    await expect(text(`${site.url}/breaks`)).rejects.toThrow()
  })

  test('that nobody can ask for are refused', async () => {
    await expect(fakeSite({ about: 'x' })).rejects.toMatchObject({ code: 'ERR_ROUTE' })
    await expect(fakeSite({ 'get /about': 'x' })).rejects.toMatchObject({ code: 'ERR_ROUTE' })
  })

  test('do not get a body beyond 16 MiB', async () => {
    const site = await start({ '/': ({ body }) => String(body.length) })
    expect(await text(site.url, { method: 'POST', body: Buffer.alloc(16 * 1024 * 1024) })).toBe(String(16 * 1024 * 1024))
    expect((await fetch(site.url, { method: 'POST', body: Buffer.alloc(16 * 1024 * 1024 + 1) })).status).toBe(413)
  })
})

describe('limits', () => {
  /** Asks at these milliseconds; gives statuses, and Retry-After of those that were turned away. */
  async function askAt(options: FakeSiteOptions, times: readonly number[], client: (i: number) => string = () => 'me') {
    const clock = new FakeClock()
    const site = await start(() => 'page', { ...options, clock, clientHeader: 'X-Client' })
    const answers: (number | string)[] = []
    let now = 0
    for (const [i, time] of times.entries()) {
      clock.advance(time - now)
      now = time
      const response = await fetch(site.url, { headers: { 'x-client': client(i) } })
      answers.push(response.status === 429 ? `429 after ${response.headers.get('retry-after')}` : response.status)
    }
    return { answers, site }
  }

  test('a sliding window lets through as many as it says in any window', async () => {
    const rateLimits = [{ requests: 2, per: 3 }]
    const { answers } = await askAt({ rateLimits }, [0, 500, 600, 2999, 3000, 3001, 3499, 3500])
    expect(answers).toEqual([200, 200, '429 after 3', '429 after 1', 200, '429 after 1', '429 after 1', 200])
  })

  test('a token bucket lets a burst through, and then one at a time', async () => {
    const rateLimits = [{ requests: 3, per: 1, kind: 'token-bucket' as const }]
    const { answers } = await askAt({ rateLimits }, [0, 0, 0, 0, 333, 334, 335, 667, 700, 5000, 5000, 5000, 5000])
    expect(answers).toEqual([
      ...[200, 200, 200, '429 after 1'],
      ...['429 after 1', 200, '429 after 1', 200, '429 after 1'],
      ...[200, 200, 200, '429 after 1'],
    ])
  })

  test('count each client, or all together; whoever is turned away by one takes nothing from the others', async () => {
    const rateLimits = [
      { requests: 2, per: 10 },
      { requests: 3, per: 10, by: 'all' as const },
    ]
    const { answers, site } = await askAt({ rateLimits }, [0, 1, 2, 3, 4], (i) => ['a', 'a', 'a', 'b', 'b'][i]!)
    expect(answers).toEqual([200, 200, '429 after 10', 200, '429 after 10'])
    expect(site.stats()).toMatchObject({ requests: 5, statuses: { 200: 3, 429: 2 }, faults: { 'rate-limit': 2 } })
    expect(site.stats().clients).toMatchObject({ a: { requests: 3, peakRate: 3 }, b: { requests: 2 } })
    site.reset()
    expect((await fetch(site.url, { headers: { 'x-client': 'a' } })).status).toBe(200)
  })

  test.each(['sliding-window', 'token-bucket'] as const)(
    'let exactly as many through when all come at once (%s)',
    async (kind) => {
      const site = await start(() => 'page', { rateLimits: [{ requests: 20, per: 600, kind }] })
      const statuses = await Promise.all(Array.from({ length: 70 }, async () => (await fetch(site.url)).status))
      expect(statuses.filter((status) => status === 200)).toHaveLength(20)
      expect(statuses.filter((status) => status === 429)).toHaveLength(50)
      expect(site.stats()).toMatchObject({ requests: 70, open: 0, statuses: { 200: 20, 429: 50 } })
    },
  )

  test('of concurrency answer 503 beyond, and do not count for the peak what they turn away', async () => {
    const clock = new FakeClock()
    const site = await start(() => 'page', { concurrencyLimits: [{ requests: 2, by: 'all' }], latency: 100, clock })
    const slow = [fetch(site.url), fetch(site.url)]
    await site.reached(2)
    const third = await fetch(site.url)
    expect([third.status, third.headers.get('retry-after')]).toEqual([503, '1'])
    clock.advance(100)
    expect((await Promise.all(slow)).map(({ status }) => status)).toEqual([200, 200])
    expect(site.stats()).toMatchObject({ open: 0, peakConcurrency: 2, requests: 3 })
  })

  test('that let nothing through are refused', async () => {
    await expect(fakeSite({}, { rateLimits: [{ requests: 0 }] })).rejects.toMatchObject({ code: 'ERR_LIMIT' })
    await expect(fakeSite({}, { rateLimits: [{ requests: 1, per: 0 }] })).rejects.toMatchObject({ code: 'ERR_LIMIT' })
    await expect(fakeSite({}, { concurrencyLimits: [{ requests: Number.NaN }] })).rejects.toMatchObject({ code: 'ERR_LIMIT' })
  })
})

describe('the log', () => {
  test('says when who asked for what, and what became of it', async () => {
    const clock = new FakeClock()
    const site = await start({ '/a': 'x' }, { clock, clientHeader: 'user-agent' })
    await fetch(`${site.url}/a?1`, { headers: { 'user-agent': 'me' } })
    clock.advance(5)
    await fetch(`${site.url}/b`, { method: 'POST', headers: { 'user-agent': 'you' } })
    const time = clock.now()
    expect(site.log()).toEqual([
      { time: time - 5, method: 'GET', url: '/a?1', client: 'me', status: 200, attempt: 1 },
      { time, method: 'POST', url: '/b', client: 'you', status: 404, attempt: 1 },
    ])
    expect(site.hits()).toEqual({ '/a?1': 1, '/b': 1 })
  })

  test('keeps the last ones only, and counts of the last URLs', async () => {
    const site = await start(({ attempt }) => String(attempt), { logSize: 3, countedUrls: 4 })
    for (const path of ['a', 'b', 'c', 'd', 'e']) await fetch(`${site.url}/${path}`)
    expect(site.log().map(({ url }) => url)).toEqual(['/c', '/d', '/e'])
    expect(site.hits()).toEqual({ '/c': 1, '/d': 1, '/e': 1 })
    expect(await text(`${site.url}/a`)).toBe('1')
    expect(await text(`${site.url}/e`)).toBe('2')
    expect(site.stats().requests).toBe(7)
  })

  test('measures the peak over windows of one second, not over seconds of the clock', async () => {
    const clock = new FakeClock()
    const site = await start(() => 'x', { clock })
    // 3 at the end of one second and 4 at the beginning of the next
    for (const [i, wait] of [0, 600, 100, 100, 200, 50, 50, 50, 5000].entries()) {
      clock.advance(wait)
      await fetch(`${site.url}/${i}`)
    }
    expect(site.stats().peakRate).toBe(7)
  })

  test('is told to other processes, which may reset it', async () => {
    const site = await start({ '/': 'x' })
    await fetch(site.url)
    expect(await (await fetch(`${site.url}/__log`)).json()).toEqual({ visits: site.log(), hits: { '/': 1 } })
    expect(await (await fetch(`${site.url}/__stats`)).json()).toEqual(site.stats())
    expect(await (await fetch(`${site.url}/__reset`)).json()).toEqual({ reset: true })
    expect(site.stats()).toMatchObject({ requests: 0, peakRate: 0, urls: 0, clients: {}, statuses: {} })
    expect([site.log(), site.hits()]).toEqual([[], {}])
    expect((await fetch(`${site.url}/__other`)).status).toBe(404)
    expect(Object.keys(site.hits())).toEqual(['/__other'])

    const shut = await start({}, { control: false })
    expect((await fetch(`${shut.url}/__log`)).status).toBe(404)
  })
})

describe('closing', () => {
  test('ends what is open, and leaves nothing behind', async () => {
    const clock = new FakeClock()
    const site = await fakeSite(
      { '/slow': 'x', '/endless': { raw: (response) => void response.write('begun') } },
      { latency: 60_000, clock },
    )
    const waiting = fetch(`${site.url}/slow`).catch(() => 'ended')
    const idle = connect(site.port, '127.0.0.1')
    idle.on('error', () => undefined)
    const gone = new Promise((resolve) => idle.on('close', resolve))
    await site.reached(1)
    await site.close()
    expect(await waiting).toBe('ended')
    expect(process.getActiveResourcesInfo()).not.toContain('TCPServerWrap')
    expect(clock.pending).toBe(0)
    await gone
    await expect(fetch(site.url)).rejects.toThrow()
  })

  test('a client that goes away is not answered, and is in the log with 0', async () => {
    const clock = new FakeClock()
    const site = await start({ '/': () => 'x' }, { latency: 1000, clock })
    const request = httpRequest(site.url)
    request.on('error', () => undefined)
    request.end()
    await site.reached(1)
    request.destroy()
    while (site.stats().open > 0) await new Promise((resolve) => setImmediate(resolve))
    expect(clock.pending).toBe(0)
    expect(site.log()).toMatchObject([{ status: 0 }])
  })

  test('works by itself at the end of a block', async () => {
    const site = await fakeSite({})
    await site[Symbol.asyncDispose]()
    await site.close()
    await expect(fetch(site.url)).rejects.toThrow()
  })

  test('a port that is taken is said', async () => {
    const { port } = await start({})
    await expect(fakeSite({}, { port })).rejects.toMatchObject({ code: 'ERR_PORT' })
  })
})
