import { describe, expect, it } from 'vitest'
import { answer, around, downloadBench, failure } from '../../../test/support/download.ts'
import { createResponse } from '../../http/create-response.ts'
import { Request, type RequestInit } from '../../http/request.ts'
import { Response } from '../../http/response.ts'
import type { Settings } from '../../settings/settings.ts'
import { metaRefresh } from './meta-refresh.ts'

const HERE = 'http://a.example/d/p?x'

function refreshed(
  body: string | Uint8Array,
  init: RequestInit = {},
  settings: Partial<Settings> = {},
  headers: Record<string, string> = { 'Content-Type': 'text/html; charset=utf-8' },
): Promise<Request | Response> {
  return around(metaRefresh, downloadBench(settings).context, async (asked) => answer(asked, 200, headers, body))(
    new Request(HERE, init),
  )
}

/** Where it goes; undefined when the page itself comes back. */
async function target(...args: Parameters<typeof refreshed>): Promise<string | undefined> {
  const result = await refreshed(...args)
  return result instanceof Request ? result.url : undefined
}

const tag = (content: string): string => `<meta http-equiv="refresh" content="${content}">`

describe('what it says', () => {
  // as w3lib reads it, but for entities, which it undoes before it looks for the quotes
  it.each([
    ['5;url=/x', '/x'],
    ['5 ; URL=/x', '/x'],
    ['5\n;\nurl=\n/x\n', '/x'],
    ['.5;url=/x', '/x'],
    ['1.5;url=/x', '/x'],
    ['0;url= /x ', '/x'],
    ["0;URL='/x'", '/x'],
    ["0;url='/x", '/x'],
    ['0;url=&quot;/x&quot;', '/x'],
    ['0;&#117;rl=/x', '/x'],
    ['0;url=/x&amp;y=1', '/x&y=1'],
    ['0;url=/x&amp;quot;z', '/x&quot;z'],
    ['0;url=/x y', '/x%20y'],
    ['0;url=/é', '/%C3%A9'],
    ['0;url=y', '/d/y'],
    ['0;url=?q', '/d/p?q'],
    ['0;url=', '/d/p?x'],
    ['0;url=x\n/y', '/d/x/y'],
  ])('%j leads to %s', async (content, path) => {
    expect(await target(tag(content))).toBe(`http://a.example${path}`)
  })

  it.each([
    '5',
    '5;/x',
    '5,url=/x',
    '5 url=/x',
    '5;url =/x',
    '5.;url=/x',
    ' 5;url=/x',
    ';url=/x',
    'url=/x',
    '+5;url=/x',
    '-5;url=/x',
    '5s;url=/x',
    '5;;url=/x',
    '1.2.3;url=/x',
    '٣;url=/x',
    '1e1;url=/x',
    '',
  ])('%j leads nowhere', async (content) => {
    expect(await target(tag(content))).toBeUndefined()
  })

  it.each([
    ['0', true],
    ['99.9', true],
    ['100', false],
    ['99999999999999999999', false],
  ])('a delay of %s: %s', async (delay, followed) => {
    expect(await target(tag(`${delay};url=/x`))).toBe(followed ? 'http://a.example/x' : undefined)
  })

  it('metaRefreshMaxDelay says what is too late; 0 leaves none', async () => {
    expect(await target(tag('5;url=/x'), {}, { metaRefreshMaxDelay: 5 })).toBeUndefined()
    expect(await target(tag('5;url=/x'), {}, { metaRefreshMaxDelay: 6 })).toBe('http://a.example/x')
    expect(metaRefresh.create(downloadBench({ metaRefreshMaxDelay: 0 }).context)).toBeUndefined()
    expect(metaRefresh.create(downloadBench({ metaRefresh: false }).context)).toBeUndefined()
  })
})

describe('where it stands', () => {
  it.each([
    '<META CONTENT="0;url=/x" HTTP-EQUIV=Refresh>',
    `<meta http-equiv='refresh' content='0;url="/x"'>`,
    '<meta name=a http-equiv=" refresh " content="0;url=/x"/>',
    '<meta http-equiv = "refresh"\ncontent = "0;url=/x" >',
    '<meta http-equiv="refresh"content="0;url=/x">',
    '<meta http-equiv=content-type content=text/html><meta http-equiv=refresh content=5><meta http-equiv=refresh content="0;url=/x">',
    `${tag('0;url=/x')}${tag('0;url=/second')}`,
    `<!-- a -->${tag('0;url=/x')}<!-- b -->`,
    `<!-- <noscript> -->${tag('0;url=/x')}<noscript>a</noscript>`,
    `<noscript></noscript>${tag('0;url=/x')}`,
    `<noscripts>${tag('0;url=/x')}</noscripts>`,
    `<textarea>${tag('0;url=/x')}</textarea>`,
    '<meta http-equiv="a" http-equiv="refresh" content="0;url=/x" content="0;url=/y">',
  ])('%s', async (body) => {
    expect(await target(body)).toBe('http://a.example/x')
  })

  it.each([
    `<!-- ${tag('0;url=/x')} -->`,
    `<!-- a>${tag('0;url=/x')}`,
    `<noscript>${tag('0;url=/x')}</noscript>`,
    `<NoScript class=a>${tag('0;url=/x')}</nOSCRIPT >`,
    `<noscript>${tag('0;url=/x')}`,
    '<meta http-equiv="refresh"><meta content="0;url=/x">',
    '<meta name=refresh content="0;url=/x">',
    '<meta http-equiv=refresh content=0;url=/x>',
    '<meta data-http-equiv="refresh" content="0;url=/x">',
    '<metas http-equiv="refresh" content="0;url=/x">',
    '< meta http-equiv="refresh" content="0;url=/x">',
    '<p>refresh http-equiv</p>',
  ])('not %s', async (body) => {
    expect(await target(body)).toBeUndefined()
  })

  it('metaRefreshIgnoreTags are elements by name, whatever characters it has', async () => {
    const inside = (name: string): string => `<${name}>${tag('0;url=/x')}</${name}>`
    expect(await target(inside('noscript'), {}, { metaRefreshIgnoreTags: [] })).toBe('http://a.example/x')
    expect(await target(inside('script'), {}, { metaRefreshIgnoreTags: ['noscript', 'SCRIPT'] })).toBeUndefined()
    expect(await target(inside('my-tag'), {}, { metaRefreshIgnoreTags: ['my-tag'] })).toBeUndefined()
    expect(await target(inside('abc'), {}, { metaRefreshIgnoreTags: ['a.c', '(', '[x'] })).toBe('http://a.example/x')
  })

  it('a base counts', async () => {
    expect(await target(`<base href="//z.example/q/">${tag('0;url=x')}`)).toBe('http://z.example/q/x')
    expect(await target(`<!--<base href="//z.example/q/">-->${tag('0;url=x')}`)).toBe('http://a.example/d/x')
  })

  it('the first 4096 characters, not bytes, and not a tag that ends behind them', async () => {
    const whole = tag('0;url=/x')
    expect(await target(' '.repeat(4096 - whole.length) + whole)).toBe('http://a.example/x')
    expect(await target('ü€'.repeat(2000) + whole)).toBe('http://a.example/x')
    expect(await target('😀'.repeat(1900) + whole)).toBe('http://a.example/x')
    expect(await target(' '.repeat(4096) + whole)).toBeUndefined()
    expect(await target('ü'.repeat(4096) + whole)).toBeUndefined()
    // half of the URL must not be taken for all of it
    for (let missing = 1; missing < 10; missing++) {
      expect(await target(' '.repeat(4096 - whole.length + missing) + whole)).toBe(
        missing === 1 ? 'http://a.example/x' : undefined,
      )
      const bare = '<meta http-equiv=refresh content=0;url=/abcdefgh>'
      const cut = await target(' '.repeat(4096 - bare.length + missing) + bare)
      expect(cut).toBe(undefined)
    }
  })

  it('in UTF-16, with and without a byte order mark', async () => {
    const text = `<html><head>${tag('0;url=/x')}`
    const utf16 = Buffer.from(text, 'utf16le')
    const wide = { 'Content-Type': 'text/html; charset=utf-16le' }
    expect(await target(utf16, {}, {}, wide)).toBe('http://a.example/x')
    expect(await target(Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]))).toBe('http://a.example/x')
    expect(await target(Buffer.from(utf16).swap16(), {}, {}, { 'Content-Type': 'text/html; charset=utf-16be' })).toBe(
      'http://a.example/x',
    )
  })

  it('the query is written in the encoding of the page', async () => {
    const latin1 = Buffer.from(tag('0;url=/x?q=é'), 'latin1')
    expect(await target(latin1, {}, {}, { 'Content-Type': 'text/html; charset=iso-8859-1' })).toBe('http://a.example/x?q=%E9')
  })
})

describe('what it is asked with', () => {
  it('GET, without a body, under the rules of redirects', async () => {
    const init = { method: 'POST', body: 'a=1', headers: { 'Content-Type': 'a/b', Cookie: 'c=1', 'X-A': '1' }, priority: 3 }
    const next = (await refreshed(tag('0;url=http://b.example/'), { ...init, cookies: { c: '1' } })) as Request
    expect([next.method, next.body.length, next.priority]).toEqual(['GET', 0, 5])
    expect(next.headers.toFlat()).toEqual(['X-A', '1', 'Referer', HERE])
    expect(next.options).toEqual({})
    expect(next.state).toMatchObject({ redirectTimes: 1, redirectUrls: [HERE], redirectReasons: ['meta refresh'] })
  })

  it('the limit is one for both kinds', async () => {
    const error = await failure(refreshed(tag('0;url=/y'), { maxRedirects: 0 }))
    expect(error).toMatchObject({ code: 'ERR_IGNORED', reason: 'failed' })
  })

  it.each(['javascript:alert(1)', 'http://[::1', 'http://a.example:99999/', 'https:///'])(
    'a refresh to %s ends the request',
    async (url) => {
      expect(await failure(refreshed(tag(`0;url=${url}`)))).toMatchObject({ code: 'ERR_IGNORED', reason: 'failed' })
    },
  )

  it.each(['file:///etc/passwd', 'data:text/html,x', 'ftp://a.example/'])('to %s it is not followed', async (url) => {
    expect(await refreshed(tag(`0;url=${url}`))).toBeInstanceOf(Response)
  })
})

describe('the page itself comes back', () => {
  it('where the request or the response is none for it', async () => {
    const body = tag('0;url=/x')
    expect(await target(body, { dontRedirect: true })).toBeUndefined()
    expect(await target(body, { method: 'HEAD' })).toBeUndefined()
    expect(await target(body, {}, {}, { 'Content-Type': 'text/plain' })).toBeUndefined()
    const local = around(metaRefresh, downloadBench().context, async (request) =>
      createResponse({ url: request.url, body, request }),
    )
    expect(await local(new Request('file:///a.html'))).toBeInstanceOf(Response)
  })

  it('where pages refresh to each other for ever: each is asked once more, for the sake of a cookie', async () => {
    const pages: Record<string, string> = { '/a': '/b', '/b': '/a', '/clock': '/clock#now' }
    const download = around(metaRefresh, downloadBench().context, async (asked) =>
      answer(asked, 200, { 'Content-Type': 'text/html' }, tag(`5;url=${pages[new URL(asked.url).pathname]}`)),
    )
    const visited = async (path: string): Promise<string[]> => {
      const paths = [path]
      let result = await download(new Request(`http://a.example${path}`))
      for (; result instanceof Request; result = await download(result)) paths.push(new URL(result.url).pathname)
      return paths
    }
    expect(await visited('/a')).toEqual(['/a', '/b', '/a'])
    expect(await visited('/clock')).toEqual(['/clock', '/clock'])
  })
})

it('hostile markup is no work', async () => {
  const heads = [
    '<meta '.repeat(700),
    '<!--'.repeat(1024),
    '<noscript '.repeat(410),
    `<meta ${'a="'.repeat(1300)}`,
    '<meta http-equiv='.repeat(240),
  ]
  for (const head of heads) expect(await target(`${head}refresh${'x'.repeat(100_000)}`)).toBeUndefined()
})
