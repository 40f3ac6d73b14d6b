import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { answer, around, type DownloadBench, downloadBench, failure } from '../../../test/support/download.ts'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import { DownloadError, type DownloadErrorCode, IgnoreRequest } from '../../errors.ts'
import { Request, type RequestInit } from '../../http/request.ts'
import { Response } from '../../http/response.ts'
import type { Settings } from '../../settings/settings.ts'
import type { Download } from '../contract.ts'
import { retry } from './retry.ts'

const clock = new FakeClock()

function retrying(
  next: Download,
  settings: Partial<Settings> = {},
  bench: DownloadBench = downloadBench(settings, clock),
): Download {
  return around(retry, bench.context, next)
}

async function again(
  request: Request,
  status: number,
  headers: Record<string, string> = {},
  settings: Partial<Settings> = {},
): Promise<Request> {
  const result = await retrying(async (asked) => answer(asked, status, headers), settings)(request)
  if (!(result instanceof Request)) throw new Error(`expected a retry, got ${result}`)
  return result
}

const page = (retryTimes: number): Request => new Request('http://a.example/', { maxRetries: 9999 }).withState({ retryTimes })

interface Case {
  id: string
  request: { url: string; meta?: Record<string, unknown> }
  status?: number
  exception?: string
  settings?: Record<string, unknown>
  expected: { type: string; status?: number; meta?: { retry_times?: number }; priority?: number; stats: Record<string, number> }
}

const CODES: Record<string, DownloadErrorCode> = {
  timeout: 'ERR_TIMEOUT',
  dns: 'ERR_DNS',
  refused: 'ERR_CONNECT',
  connectError: 'ERR_CONNECT',
  connectionDone: 'ERR_RESET',
  connectionLost: 'ERR_RESET',
  responseFailed: 'ERR_RESET',
  dataLoss: 'ERR_DATA_LOSS',
  tunnel: 'ERR_PROXY',
  os: 'ERR_CONNECT',
  unsupportedScheme: 'ERR_SCHEME',
}

const { cases } = JSON.parse(readFileSync(new URL('../../../test/vectors/retry.json', import.meta.url), 'utf8')) as {
  cases: Case[]
}

describe('vectors', () => {
  for (const { id, request, status, exception, settings = {}, expected } of cases) {
    it(`${id} ${status ?? exception} ${JSON.stringify({ ...request.meta, ...settings })}`, async () => {
      const own: Partial<Settings> = {
        ...(typeof settings['RETRY_TIMES'] === 'number' ? { maxRetries: settings['RETRY_TIMES'] } : undefined),
        ...(Array.isArray(settings['RETRY_HTTP_CODES'])
          ? { retryStatuses: settings['RETRY_HTTP_CODES'] as number[] }
          : undefined),
        ...(typeof settings['RETRY_PRIORITY_ADJUST'] === 'number'
          ? { retryPriority: settings['RETRY_PRIORITY_ADJUST'] }
          : undefined),
        ...(typeof settings['RETRY_ENABLED'] === 'boolean' ? { retry: settings['RETRY_ENABLED'] } : undefined),
      }
      const bench = downloadBench(own, clock)
      const meta = request.meta ?? {}
      const init: RequestInit = {
        ...(typeof meta['max_retry_times'] === 'number' ? { maxRetries: meta['max_retry_times'] } : undefined),
        ...(typeof meta['priority_adjust'] === 'number' ? { retryPriority: meta['priority_adjust'] } : undefined),
        ...(meta['dont_retry'] === true ? { dontRetry: true } : undefined),
        ...(Array.isArray(meta['handle_httpstatus_list'])
          ? { handleStatus: meta['handle_httpstatus_list'] as number[] }
          : undefined),
        meta: { user: 'kept' },
      }
      const times = typeof meta['retry_times'] === 'number' ? meta['retry_times'] : 0
      const asked = new Request(request.url, init).withState({ retryTimes: times })
      const download = retrying(
        async () => {
          if (status !== undefined) return answer(asked, status)
          const code = CODES[exception ?? '']
          throw code === undefined
            ? exception === 'ignore'
              ? new IgnoreRequest('no')
              : new TypeError('no')
            : new DownloadError(code, 'no')
        },
        own,
        bench,
      )
      const result = await download(asked).catch((error: Error) => error)
      if (expected.type === 'none') expect(result).toBeInstanceOf(Error)
      else if (expected.type === 'response') expect((result as Response).status).toBe(expected.status)
      else {
        const retried = result as Request
        expect(retried).toBeInstanceOf(Request)
        expect([retried.url, retried.method, retried.meta]).toEqual([request.url, 'GET', { user: 'kept' }])
        expect(retried.state.retryTimes).toBe(expected.meta?.retry_times)
        expect(retried.priority).toBe(expected.priority)
      }
      for (const name of ['retry/count', 'retry/max_reached']) expect(bench.stats.get(name)).toBe(expected.stats[name])
    })
  }
})

describe('back-off', () => {
  it('grows twofold, between 0.5 and 1.5 times', async () => {
    for (let times = 0; times < 5; times++) {
      const request = new Request('http://a.example/', { maxRetries: 9 }).withState({ retryTimes: times })
      const waits = await Promise.all(
        Array.from({ length: 200 }, async () => (await again(request, 503, {}, { retryDelay: 2 })).notBefore! - clock.now()),
      )
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(1000 * 2 ** times)
      expect(Math.max(...waits)).toBeLessThanOrEqual(3000 * 2 ** times)
      expect(new Set(waits).size).toBeGreaterThan(100)
    }
  })

  it('is never more than ten minutes, and never no number', async () => {
    const request = new Request('http://a.example/', { maxRetries: 5000 }).withState({ retryTimes: 4000 })
    expect((await again(request, 503)).notBefore! - clock.now()).toBeLessThanOrEqual(600_000)
  })

  it('is none with retryDelay 0', async () => {
    expect((await again(new Request('http://a.example/'), 503, {}, { retryDelay: 0 })).notBefore).toBeUndefined()
  })

  it('changes the priority by retryPriority, of the request first', async () => {
    expect((await again(new Request('http://a.example/'), 500, {}, { retryPriority: 7 })).priority).toBe(7)
    const own = new Request('http://a.example/', { retryPriority: 0, priority: 3 })
    expect((await again(own, 500, {}, { retryPriority: 7 })).priority).toBe(3)
  })

  it('lowers the priority with each try, and leaves dontFilter as it is', async () => {
    const first = await again(new Request('http://a.example/', { priority: 5, method: 'POST', body: 'x' }), 500)
    const second = await again(first, 500)
    expect([first.priority, second.priority, second.dontFilter, second.method, Buffer.from(second.body).toString()]).toEqual([
      4,
      3,
      false,
      'POST',
      'x',
    ])
    expect(second.state.retryTimes).toBe(2)
  })
})

describe('Retry-After', () => {
  it('holds the request and the slot', async () => {
    const bench = downloadBench({}, clock)
    const result = await retrying(
      async (r) => answer(r, 429, { 'Retry-After': '30' }),
      {},
      bench,
    )(new Request('http://a.example/x'))
    expect((result as Request).notBefore! - clock.now()).toBe(30_000)
    expect(bench.slots).toEqual([{ url: 'http://a.example/x', change: { blockedUntil: clock.now() + 30_000 } }])
  })

  it('holds the slot after the last try too, and for a request that is not tried again', async () => {
    for (const request of [
      new Request('http://a.example/', { maxRetries: 0 }),
      new Request('http://a.example/', { dontRetry: true }),
    ]) {
      const bench = downloadBench({}, clock)
      const result = await retrying(async (r) => answer(r, 503, { 'Retry-After': '30' }), {}, bench)(request)
      expect(result).toBeInstanceOf(Response)
      expect(bench.slots).toHaveLength(1)
    }
  })

  it('is what counts for the slot where it says 0, though the request keeps to its back-off', async () => {
    const bench = downloadBench({}, clock)
    const download = retrying(async (r) => answer(r, 503, { 'Retry-After': '0' }), {}, bench)
    expect(((await download(new Request('http://a.example/'))) as Request).notBefore! - clock.now()).toBeGreaterThanOrEqual(500)
    expect(bench.slots).toEqual([])
  })

  it('does not count with obeyRetryAfter off', async () => {
    const bench = downloadBench({ obeyRetryAfter: false }, clock)
    const download = retrying(async (r) => answer(r, 429, { 'Retry-After': '3000' }), {}, bench)
    expect(((await download(new Request('http://a.example/'))) as Request).notBefore! - clock.now()).toBeLessThanOrEqual(1500)
    expect(bench.slots[0]!.change.blockedUntil! - clock.now()).toBeLessThanOrEqual(1500)
  })

  it('holds the slot with retries off, and nothing else does', async () => {
    const bench = downloadBench({ retry: false }, clock)
    const ask = (status: number, headers: Record<string, string>): Promise<Request | Response> =>
      retrying(async (r) => answer(r, status, headers), {}, bench)(new Request('http://a.example/'))
    for (const status of [200, 429, 500, 503]) expect(((await ask(status, {})) as Response).status).toBe(status)
    expect(((await ask(500, { 'Retry-After': '9' })) as Response).status).toBe(500)
    expect(bench.slots).toEqual([])
    expect(((await ask(503, { 'Retry-After': '9' })) as Response).status).toBe(503)
    expect(bench.slots).toEqual([{ url: 'http://a.example/', change: { blockedUntil: clock.now() + 9000 } }])
    expect(bench.stats.flat()).toEqual({})
  })

  it('is an hour at most, and nothing for other statuses', async () => {
    expect((await again(new Request('http://a.example/'), 429, { 'Retry-After': '1000000' })).notBefore! - clock.now()).toBe(
      3_600_000,
    )
    const bench = downloadBench({}, clock)
    await retrying(async (r) => answer(r, 500, { 'Retry-After': '30' }), {}, bench)(new Request('http://a.example/'))
    expect(bench.slots).toEqual([])
  })
})

describe('429 and 503 without Retry-After', () => {
  it.each([429, 503])('%i holds the slot for the back-off of the request', async (status) => {
    for (const headers of [{}, { 'Retry-After': 'soon' }]) {
      const bench = downloadBench({}, clock)
      const result = (await retrying(async (r) => answer(r, status, headers), {}, bench)(page(1))) as Request
      expect(result.notBefore! - clock.now()).toBeGreaterThanOrEqual(1000)
      expect(bench.slots).toEqual([{ url: 'http://a.example/', change: { blockedUntil: result.notBefore } }])
    }
  })

  it('holds the slot after the last try too, and for a status that is not tried again', async () => {
    for (const settings of [{ maxRetries: 0 }, { retryStatuses: [] }]) {
      const bench = downloadBench(settings, clock)
      const request = new Request('http://a.example/').withState({ retryTimes: 2 })
      expect(await retrying(async (r) => answer(r, 503), {}, bench)(request)).toBeInstanceOf(Response)
      expect(bench.slots[0]!.change.blockedUntil! - clock.now()).toBeGreaterThanOrEqual(2000)
    }
  })

  it('does not hold the slot with retryDelay 0, nor do other statuses', async () => {
    const bench = downloadBench({ retryDelay: 0 }, clock)
    await retrying(async (r) => answer(r, 503), {}, bench)(page(2000))
    const other = downloadBench({}, clock)
    await retrying(async (r) => answer(r, 502), {}, other)(page(0))
    expect([...bench.slots, ...other.slots]).toEqual([])
  })
})

describe('what is not tried again', () => {
  it.each(['ERR_TLS', 'ERR_TOO_LARGE', 'ERR_DECODE', 'ERR_SCHEME', 'ERR_ABORTED'] as const)('%s', async (code) => {
    const error = new DownloadError(code, 'no')
    const bench = downloadBench({}, clock)
    expect(
      await failure(
        retrying(
          async () => {
            throw error
          },
          {},
          bench,
        )(new Request('http://a.example/')),
      ),
    ).toBe(error)
    expect(bench.stats.flat()).toEqual({})
  })

  it('a request that a middleware inside gave back', async () => {
    const other = new Request('http://a.example/other')
    expect(await retrying(async () => other)(new Request('http://a.example/'))).toBe(other)
  })

  it('anything, with the settings off', () => {
    expect(retry.create(downloadBench({ retry: false, obeyRetryAfter: false }).context)).toBeUndefined()
  })

  it('what may change something at the server, with retryUnsafe off', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'QUERY']) {
      const bench = downloadBench({ retryUnsafe: false }, clock)
      const request = new Request('http://a.example/', { method })
      expect(await retrying(async (r) => answer(r, 500), {}, bench)(request)).toBeInstanceOf(Response)
      const error = new DownloadError('ERR_RESET', 'reset')
      expect(await failure(retrying(() => Promise.reject(error), {}, bench)(request))).toBe(error)
      expect(bench.stats.flat()).toEqual({})
    }
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE'])
      await again(new Request('http://a.example/', { method }), 500, {}, { retryUnsafe: false })
  })

  it('failures that retryErrors does not name', async () => {
    const settings = { retryErrors: ['ERR_TLS'] } as const
    const failing = (code: DownloadErrorCode): Download => retrying(() => Promise.reject(new DownloadError(code, 'no')), settings)
    expect((await failure(failing('ERR_RESET')(new Request('http://a.example/')))).code).toBe('ERR_RESET')
    expect(await failing('ERR_TLS')(new Request('http://a.example/'))).toBeInstanceOf(Request)
  })
})

it('counts by reason', async () => {
  const bench = downloadBench({}, clock)
  const download = retrying(async (r) => answer(r, 503), {}, bench)
  let request = new Request('http://a.example/')
  for (let result: Request | Response = request; result instanceof Request; result = await download(request)) request = result
  expect(bench.stats.flat()).toEqual({
    'retry/count': 2,
    'retry/max_reached': 1,
    'retry/reason_count/503 Service Unavailable': 2,
  })
})
