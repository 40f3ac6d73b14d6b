import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { answer, around, downloadBench } from '../../test/support/download.ts'
import { createResponse } from '../http/create-response.ts'
import { Headers } from '../http/headers.ts'
import { HtmlResponse } from '../http/html-response.ts'
import { Request, type RequestInit } from '../http/request.ts'
import { Response } from '../http/response.ts'
import { TextResponse } from '../http/text-response.ts'
import type { Settings } from '../settings/settings.ts'
import { metaRefresh } from './middlewares/meta-refresh.ts'
import { redirect } from './middlewares/redirect.ts'

type Lines = [string, string][]

interface Case {
  id: string
  mw: string
  request: {
    url: string
    method?: string
    body?: string
    headers?: Lines
    meta?: Record<string, unknown>
    priority?: number
    dontFilter?: boolean
  }
  response: { status: number; headers: Lines; class?: string; body?: string }
  settings?: Record<string, unknown>
  expected: {
    error?: string
    type: string
    status?: number
    url?: string
    method?: string
    headers?: Lines
    bodyBase64?: string
    priority?: number
    dontFilter?: boolean
    meta?: { redirect_times: number; redirect_urls: string[]; redirect_reasons: (number | string)[] }
  }
}

const { cases } = JSON.parse(readFileSync(new URL('../../test/vectors/redirect.json', import.meta.url), 'utf8')) as {
  cases: Case[]
}

/** Latin-1 where that is possible, otherwise UTF-8: how the strings of the vectors went over the wire. */
const wire = (value: string): string => (/[^\0-\xff]/.test(value) ? Buffer.from(value).toString('latin1') : value)

const CLASSES = { HtmlResponse, TextResponse, Response } as const

/** The names of the vectors' settings are Scrapy's. */
function settingsOf(settings: Record<string, unknown>): Partial<Settings> {
  const ours: Record<string, unknown> = {}
  if ('REDIRECT_MAX_TIMES' in settings) ours['maxRedirects'] = settings['REDIRECT_MAX_TIMES']
  if ('REDIRECT_PRIORITY_ADJUST' in settings) ours['redirectPriority'] = settings['REDIRECT_PRIORITY_ADJUST']
  if ('METAREFRESH_MAXDELAY' in settings) ours['metaRefreshMaxDelay'] = settings['METAREFRESH_MAXDELAY']
  if ('METAREFRESH_IGNORE_TAGS' in settings) ours['metaRefreshIgnoreTags'] = settings['METAREFRESH_IGNORE_TAGS']
  return ours
}

function answered(
  mw: string,
  request: Request,
  { status, headers, class: name, body = '' }: Case['response'],
  settings: Partial<Settings>,
): Promise<Request | Response> {
  const spec = mw === 'redirect' ? redirect : metaRefresh
  const Class = name === undefined ? undefined : CLASSES[name as keyof typeof CLASSES]
  return around(spec, downloadBench(settings).context, async (asked) => {
    const init = { url: asked.url, status, headers: Headers.fromRaw(headers.flatMap(([key, value]) => [key, wire(value)])) }
    const bytes = Buffer.from(body)
    return Class === undefined
      ? createResponse({ ...init, body: bytes, request: asked })
      : new Class({ ...init, body: bytes, request: asked })
  })(request)
}

describe('vectors', () => {
  for (const { id, mw, request, response, settings = {}, expected } of cases) {
    it(`${id} ${mw} ${request.method ?? 'GET'} ${response.status} ${JSON.stringify(response.body?.slice(-80) ?? response.headers[0]?.[1] ?? '')}`, async () => {
      const meta = request.meta ?? {}
      const times = typeof meta['redirect_times'] === 'number' ? meta['redirect_times'] : 0
      const init: RequestInit = {
        method: request.method,
        body: request.body,
        headers: request.headers,
        priority: request.priority,
        dontFilter: request.dontFilter,
        meta: { user: 'kept' },
        ...(Array.isArray(meta['handle_httpstatus_list'])
          ? { handleStatus: meta['handle_httpstatus_list'] as number[] }
          : undefined),
        ...(meta['handle_httpstatus_all'] === true ? { handleStatus: true } : undefined),
        ...(meta['dont_redirect'] === true ? { dontRedirect: true } : undefined),
        // what is left of a chain, where here it is how long a chain may be
        ...(typeof meta['redirect_ttl'] === 'number' ? { maxRedirects: times + meta['redirect_ttl'] } : undefined),
      }
      const before = new Request(request.url, init).withState({
        redirectTimes: times,
        redirectUrls: (meta['redirect_urls'] as string[] | undefined) ?? [],
        redirectReasons: (meta['redirect_reasons'] as number[] | undefined) ?? [],
      })
      const result = await answered(mw, before, response, settingsOf(settings)).catch((error: Error) => error)
      if (expected.error !== undefined || expected.type === 'ignore') {
        expect(result).toMatchObject({ code: 'ERR_IGNORED', reason: 'failed' })
      } else if (expected.type === 'response') {
        expect(result).toBeInstanceOf(Response)
        expect((result as Response).status).toBe(expected.status)
      } else {
        const next = result as Request
        expect(next).toBeInstanceOf(Request)
        expect(next.url).toBe(expected.url)
        expect(next.method).toBe(expected.method)
        expect(Buffer.from(next.body).toString('base64')).toBe(expected.bodyBase64)
        expect(next.priority).toBe(expected.priority)
        // a page that redirects to itself is let through, where Scrapy loses it
        expect(next.dontFilter).toBe(next.url === before.url || expected.dontFilter)
        const lines = (headers: Iterable<readonly [string, string]>): string[] =>
          [...headers].map(([name, value]) => `${name.toLowerCase()}: ${value}`).sort()
        expect(lines(next.headers)).toEqual(lines(expected.headers ?? []))
        expect(next.state.redirectTimes).toBe(expected.meta?.redirect_times)
        expect(next.state.redirectUrls).toEqual(expected.meta?.redirect_urls)
        expect(next.state.redirectReasons).toEqual(expected.meta?.redirect_reasons)
        expect(next.meta).toEqual({ user: 'kept' })
      }
    })
  }
})

describe('Referer', () => {
  const next = async (
    from: string,
    to: string,
    init: RequestInit = {},
    settings: Partial<Settings> = {},
    policy?: string,
  ): Promise<string | undefined> => {
    const headers = { Location: to, ...(policy === undefined ? undefined : { 'Referrer-Policy': policy }) }
    const result = await around(redirect, downloadBench(settings).context, async (asked) => answer(asked, 302, headers))(
      new Request(from, init),
    )
    return (result as Request).headers.get('referer')
  }
  const from = 'https://u:p@a.example/x?y#f'

  it('names the page that redirected, by the policy of the request, the response, the settings', async () => {
    expect(await next(from, 'https://b.example/')).toBe('https://a.example/x?y')
    expect(await next(from, 'http://b.example/')).toBeUndefined()
    expect(await next(from, 'https://b.example/', {}, { referrerPolicy: 'origin' })).toBe('https://a.example/')
    expect(await next(from, 'https://b.example/', {}, {}, 'bogus, same-origin')).toBeUndefined()
    expect(await next(from, '/z', {}, { referrerPolicy: 'no-referrer' }, 'same-origin')).toBe('https://a.example/x?y')
    expect(await next(from, 'http://b.example/', { referrerPolicy: 'unsafe-url' }, {}, 'no-referrer')).toBe(
      'https://a.example/x?y',
    )
  })

  it('the one before is not handed on', async () => {
    const headers = { referer: 'https://secret.example/list' }
    expect(await next(from, 'https://b.example/', { headers })).toBe('https://a.example/x?y')
    expect(await next(from, 'http://b.example/', { headers })).toBeUndefined()
    expect(await next(from, '/z', { headers }, { referer: false })).toBeUndefined()
  })
})

describe('options', () => {
  const options = async (from: string, to: string, init: RequestInit): Promise<Request['options']> =>
    (
      (await around(redirect, downloadBench().context, async (asked) => answer(asked, 302, { Location: to }))(
        new Request(from, init),
      )) as Request
    ).options

  it('cookies are not carried on, what else was said is', async () => {
    const rest = { proxy: 'http://proxy.example:3128', cookieJar: 'a', timeout: 5 }
    expect(await options('http://a.example/', '/b', { ...rest, cookies: { session: 'secret' } })).toEqual(rest)
    expect(await options('http://a.example/', 'http://b.example/', { cookies: { session: 'secret' } })).toEqual({})
  })

  const plain = { user: 'me', password: 'secret' }
  it.each([
    ['https://a.example/', '/b', undefined, true],
    ['https://a.example/', 'https://a.example:443/b', undefined, true],
    ['https://a.example/', 'https://a.example:444/b', undefined, false],
    ['http://a.example/', 'https://a.example/b', undefined, false],
    ['https://a.example/', 'https://b.example/', undefined, false],
    ['https://a.example/', 'https://sub.a.example/', undefined, false],
    ['https://www.a.example/', 'https://api.a.example/', 'A.example', true],
    ['https://www.a.example/', 'https://a.example:444/', 'a.example', true],
    ['https://www.a.example/', 'https://nota.example/', 'a.example', false],
    ['https://www.a.example/', 'http://www.a.example/', 'a.example', false],
    ['http://www.a.example/', 'https://www.a.example/', 'a.example', true],
  ])('auth from %s to %s with the domain %s: %s', async (from, to, domain, kept) => {
    const auth = domain === undefined ? plain : { ...plain, domain }
    expect(await options(from, to, { auth })).toEqual(kept ? { auth } : {})
  })
})

it('redirectPriority is added for each', async () => {
  const { context } = downloadBench({ redirectPriority: -3 })
  const next = await around(redirect, context, async (asked) => answer(asked, 302, { Location: '/b' }))(
    new Request('http://a.example/', { priority: 5 }),
  )
  expect((next as Request).priority).toBe(2)
})
