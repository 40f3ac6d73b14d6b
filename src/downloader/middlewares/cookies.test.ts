import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answer, around, type DownloadBench, downloadBench } from '../../../test/support/download.ts'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import { Headers } from '../../http/headers.ts'
import { Request, type RequestInit } from '../../http/request.ts'
import type { Response } from '../../http/response.ts'
import { cookies } from './cookies.ts'

interface Browser {
  readonly bench: DownloadBench
  /** Asks for a URL; the answer sets these cookies. Gives the Cookie header that was sent. */
  visit(url: string, setCookie?: string | readonly string[], init?: RequestInit, status?: number): Promise<string | undefined>
  /** The request that went to the network last. */
  last(): Request
}

function browser(bench = downloadBench()): Browser {
  let setCookie: string | readonly string[] = []
  let status = 200
  let last: Request | undefined
  const download = around(cookies, bench.context, async (request) => {
    last = request
    // as off the wire: headers made by hand would be trimmed
    const lines = typeof setCookie === 'string' ? [setCookie] : setCookie
    return answer(request, status, Headers.fromRaw(lines.flatMap((line) => ['Set-Cookie', line])))
  })
  return {
    bench,
    async visit(url, lines = [], init = {}, code = 200) {
      setCookie = lines
      status = code
      await download(new Request(url, init))
      return last!.headers.get('cookie')
    },
    last: () => last!,
  }
}

const HOST = 'http://www.example.com'

describe('a jar', () => {
  it('sends back what redirects, errors and robots.txt set', async () => {
    const { visit } = browser()
    await visit(`${HOST}/a`, 'r=1; Path=/', {}, 302)
    await visit(`${HOST}/b`, 'e=2', {}, 500)
    await visit(`${HOST}/robots.txt`, 't=3', {}, 404)
    expect(await visit(`${HOST}/c`)).toBe('r=1; e=2; t=3')
  })

  it('is chosen by cookieJar, and not inherited', async () => {
    const { visit } = browser()
    await visit(`${HOST}/`, 'a=one', { cookieJar: 'one' })
    await visit(`${HOST}/`, 'a=two', { cookieJar: 2 })
    await visit(`${HOST}/`, 'a=own')
    expect(await visit(`${HOST}/`, [], { cookieJar: 'one' })).toBe('a=one')
    expect(await visit(`${HOST}/`, [], { cookieJar: '2' })).toBe('a=two')
    expect(await visit(`${HOST}/`, [], { cookieJar: 'three' })).toBeUndefined()
    expect(await visit(`${HOST}/`)).toBe('a=own')
  })

  it('is not there with the setting off', () => {
    expect(cookies.create(downloadBench({ cookies: false }).context)).toBeUndefined()
  })

  it('is passed by with dontMergeCookies: header kept, nothing sent of the jar, nothing stored', async () => {
    const { visit } = browser()
    await visit(`${HOST}/`, 'a=1')
    const init = { headers: { Cookie: 'own=1' }, cookies: { c: '2' }, dontMergeCookies: true }
    expect(await visit(`${HOST}/`, 'b=2', init)).toBe('own=1')
    expect(await visit(`${HOST}/`)).toBe('a=1')
  })

  it('forgets what has expired, when it has', async () => {
    const clock = new FakeClock()
    const { visit } = browser(downloadBench({}, clock))
    const soon = new Date(clock.now() + 20_000).toUTCString()
    await visit(`${HOST}/`, ['short=1; Max-Age=10', `middle=2; Expires=${soon}`, `both=3; Max-Age=30; Expires=${soon}`, 'ever=4'])
    expect(await visit(`${HOST}/`)).toBe('short=1; middle=2; both=3; ever=4')
    clock.advance(9_999)
    expect(await visit(`${HOST}/`)).toBe('short=1; middle=2; both=3; ever=4')
    clock.advance(1)
    expect(await visit(`${HOST}/`)).toBe('middle=2; both=3; ever=4')
    clock.advance(15_000)
    expect(await visit(`${HOST}/`)).toBe('both=3; ever=4')
    // once more for ten seconds, from now on
    await visit(`${HOST}/`, 'short=5; Max-Age=10')
    expect(await visit(`${HOST}/`)).toBe('both=3; ever=4; short=5')
  })

  it('keeps no more than its bounds, and the youngest of a site', async () => {
    const { visit, bench } = browser()
    const lines = Array.from({ length: 10_000 }, (_, i) => `c${i}=${i}`)
    await visit(`${HOST}/`, 'first=1')
    await visit(`${HOST}/`, lines)
    const sent = (await visit(`${HOST}/`))!.split('; ')
    expect(sent).toHaveLength(180)
    expect(sent.at(-1)).toBe('c9999=9999')
    expect(sent[0]).toBe('c9820=9820')
    expect(bench.lines.filter((line) => line.includes('10000 cookies in one answer'))).toHaveLength(1)
    await visit(`${HOST}/`, lines)
    expect(bench.lines.filter((line) => line.includes('10000 cookies in one answer'))).toHaveLength(1)
  })

  it('counts the hosts of a site together: one with many names throws out nobody else', async () => {
    const { visit } = browser()
    await visit('http://healthy.example/', 'sid=1')
    for (let i = 0; i < 300; i++) {
      const many = Array.from({ length: 100 }, (_, n) => `c${n}=${i}`)
      await visit(`http://h${i}.evil.com/`, many)
    }
    expect(await visit('http://healthy.example/')).toBe('sid=1')
    expect(await visit('http://h0.evil.com/')).toBeUndefined()
    expect((await visit('http://h299.evil.com/'))!.split('; ')).toHaveLength(100)
  })

  it('drops the jar used longest ago beyond a thousand, and says so once', async () => {
    const { visit, bench } = browser()
    await visit(`${HOST}/`, 'own=1')
    for (let i = 0; i < 1000; i++) await visit(`${HOST}/`, 'a=1', { cookieJar: `jar ${i}` })
    expect(await visit(`${HOST}/`, [], { cookieJar: 'jar 0' })).toBe('a=1')
    for (let i = 1000; i < 1003; i++) await visit(`${HOST}/`, 'a=1', { cookieJar: `jar ${i}` })
    expect(await visit(`${HOST}/`, [], { cookieJar: 'jar 0' })).toBe('a=1')
    expect(await visit(`${HOST}/`, [], { cookieJar: 'jar 1' })).toBeUndefined()
    expect(await visit(`${HOST}/`)).toBe('own=1')
    expect(bench.lines.filter((line) => line.includes('Too many jars'))).toHaveLength(1)
  })
})

describe('the Cookie header', () => {
  it('is left out where the request has one of its own, and that is said once', async () => {
    const { visit, last, bench } = browser()
    expect(await visit(`${HOST}/`, [], { headers: { A: '1', cookie: 'own=1', B: '2' } })).toBeUndefined()
    expect(last().headers.toFlat()).toEqual(['A', '1', 'B', '2'])
    await visit(`${HOST}/`, 'a=1')
    expect(await visit(`${HOST}/`, [], { headers: { Cookie: 'own=1', A: '1' } })).toBe('a=1')
    expect(last().headers.toFlat()).toEqual(['A', '1', 'Cookie', 'a=1'])
    const said = bench.lines.filter((line) => line.includes('Cookie header'))
    expect(said).toHaveLength(1)
    expect(said[0]).not.toContain('own=1')
  })

  it('is as long as servers accept: what does not fit is left, and that is said', async () => {
    const { visit, bench } = browser()
    await visit(
      `${HOST}/a/b`,
      Array.from({ length: 10 }, (_, i) => `c${i}=${'x'.repeat(1500)}`).concat(['small=1', 'near=1; Path=/a/b']),
    )
    const header = (await visit(`${HOST}/a/b`))!
    expect(header.length).toBeLessThanOrEqual(8000)
    expect(header.split('; ').map((pair) => pair.slice(0, pair.indexOf('=')))).toEqual([
      'near',
      'c0',
      'c1',
      'c2',
      'c3',
      'c4',
      'small',
    ])
    expect(bench.lines.filter((line) => line.includes('5 cookies do not fit'))).toHaveLength(1)
  })

  it('belongs to host, path and scheme, whatever was sent to others before', async () => {
    const { visit } = browser()
    await visit('https://www.example.com/', ['tls=1; Secure', 'host=2', 'all=3; Domain=example.com'])
    const asked: [string, string | undefined][] = [
      ['https://www.example.com/', 'tls=1; host=2; all=3'],
      ['http://www.example.com/', 'host=2; all=3'],
      ['https://example.com/', 'all=3'],
      ['https://x.www.example.com/', 'all=3'],
      ['https://wwwexample.com/', undefined],
      ['https://www.example.com.evil.com/', undefined],
      ['http://www.example.com:8080/', 'host=2; all=3'],
    ]
    for (const [url, header] of [...asked, ...asked]) expect([url, await visit(url)]).toEqual([url, header])
    await visit('https://www.example.com/a/b', 'deep=4; Path=/a')
    expect(await visit('https://www.example.com/')).toBe('tls=1; host=2; all=3')
    expect(await visit('https://www.example.com/a')).toBe('deep=4; tls=1; host=2; all=3')
    expect(await visit('https://www.example.com/a?b')).toBe('deep=4; tls=1; host=2; all=3')
    expect(await visit('https://www.example.com/ab')).toBe('tls=1; host=2; all=3')
    expect(await visit('https://www.example.com/a/b/c')).toBe('deep=4; tls=1; host=2; all=3')
  })

  it('is made of the bytes that came', async () => {
    const { visit } = browser()
    const bytes = Buffer.from('v=voilà').toString('latin1')
    await visit(`${HOST}/`, [bytes, `w=${Buffer.from('à').toString('latin1')}; Path=/`])
    const utf8 = (await visit(`${HOST}/`))!
    expect(Buffer.from(utf8, 'latin1').toString()).toBe('v=voilà; w=à')
  })

  it('costs nothing where there are no cookies: the request goes on as it is', async () => {
    const { visit, last } = browser()
    const bench = downloadBench()
    const seen: Request[] = []
    const download = around(cookies, bench.context, async (request) => {
      seen.push(request)
      return answer(request)
    })
    const request = new Request(`${HOST}/`, { headers: { A: '1' } })
    await download(request)
    expect(seen[0]).toBe(request)
    // and where there are, those alike share their headers
    await visit(`${HOST}/`, 'a=1')
    await visit(`${HOST}/b`)
    const { headers } = last()
    await visit(`${HOST}/c`)
    expect(last().headers).toBe(headers)
  })
})

describe('cookies of a request', () => {
  it('stay in the jar, for the folder of the URL', async () => {
    const { visit } = browser()
    expect(await visit(`${HOST}/d/x`, [], { cookies: { a: 1, b: 'two', none: null } })).toBe('a=1; b=two')
    expect(await visit(`${HOST}/d/y/z`)).toBe('a=1; b=two')
    expect(await visit(`${HOST}/`)).toBeUndefined()
  })

  it('go into the jar that the request names', async () => {
    const { visit } = browser()
    expect(await visit(`${HOST}/`, [], { cookies: { a: 1 }, cookieJar: 'x' })).toBe('a=1')
    expect(await visit(`${HOST}/`)).toBeUndefined()
    expect(await visit(`${HOST}/`, [], { cookieJar: 'x' })).toBe('a=1')
  })

  it('are Secure from https unless they say otherwise', async () => {
    const { visit } = browser()
    await visit('https://www.example.com/', [], {
      cookies: [
        { name: 'a', value: '1' },
        { name: 'b', value: '2', secure: false },
      ],
    })
    expect(await visit(`${HOST}/`)).toBe('b=2')
    expect(await visit(`${HOST}/`, [], { cookies: [{ name: 'c', value: '3', secure: true }] })).toBe('b=2')
    expect(await visit('https://www.example.com/')).toBe('a=1; b=2; c=3')
  })

  it('for another place are not sent, and that is said without their value', async () => {
    const { visit, bench } = browser()
    const value = 'secret'
    const brought = [
      { name: 'other', value, domain: 'other.com' },
      { name: 'all', value, domain: 'com' },
      { name: 'big', value: value.repeat(1000) },
      { name: 'fits', value: '1', domain: '.Example.COM' },
    ]
    expect(await visit(`${HOST}/`, [], { cookies: brought })).toBe('fits=1')
    await visit(`${HOST}/`, [], { cookies: brought })
    expect(bench.lines.filter((line) => line.includes('is not sent'))).toHaveLength(3)
    expect(bench.lines.join()).not.toContain('secret')
  })
})

describe('what servers must not do', () => {
  it.each([
    ['com', `http://www.example.com/`, 'a=1; Domain=com'],
    ['co.uk', 'http://shop.co.uk/', 'a=1; Domain=.co.uk'],
    ['github.io', 'http://me.github.io/', 'a=1; Domain=github.io'],
    ['another site', `${HOST}/`, 'a=1; Domain=other.com'],
    ['a subdomain', `${HOST}/`, 'a=1; Domain=x.www.example.com'],
    ['two dots', `${HOST}/`, 'a=1; Domain=..example.com'],
    ['an address alike', 'http://1.2.3.4/', 'a=1; Domain=3.4'],
    ['Secure without TLS', `${HOST}/`, 'a=1; Secure'],
    ['__Secure- without it', 'https://www.example.com/', '__Secure-a=1'],
    ['__Host- with a domain', 'https://www.example.com/', '__Host-a=1; Secure; Path=/; Domain=www.example.com'],
    ['__Host- without a path', 'https://www.example.com/', '__Host-a=1; Secure'],
    ['no name', `${HOST}/`, '=1'],
    ['nothing', `${HOST}/`, ''],
    ['a value beyond 4,096 bytes', `${HOST}/`, `a=${'x'.repeat(4096)}`],
    ['one of a megabyte', `${HOST}/`, `a=${'x'.repeat(1_000_000)}`],
    ['attributes of a megabyte', `${HOST}/`, `a=1; Path=/${'x'.repeat(1_000_000)}`],
  ])('%s', async (_, url, line) => {
    const { visit } = browser()
    await visit(url, line)
    for (const at of [url, url.replace(/^http:/, 'https:')]) expect(await visit(at)).toBeUndefined()
  })

  it('a domain that is a public suffix is its own host, and nobody else', async () => {
    const { visit } = browser()
    await visit('http://github.io/', 'a=1; Domain=github.io')
    await visit('http://127.0.0.1/', 'a=2; Domain=127.0.0.1')
    await visit('http://[::1]:80/', 'a=3; Domain=[::1]')
    expect(await visit('http://github.io/')).toBe('a=1')
    expect(await visit('http://me.github.io/')).toBeUndefined()
    expect(await visit('http://127.0.0.1/')).toBe('a=2')
    expect(await visit('http://[::1]/')).toBe('a=3')
  })

  it('anything at all: no line throws, and whatever is sent is a header', async () => {
    const part = fc.constantFrom(
      'a',
      '=',
      ';',
      ' ',
      '\t',
      'Path',
      'Domain',
      'Max-Age',
      'Expires',
      'Secure',
      '/',
      '.com',
      '%',
      '"',
      ',',
    )
    const garbage = fc.oneof(
      fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 60 }),
      fc.array(part, { maxLength: 20 }).map((parts) => parts.join('')),
      fc
        .tuple(fc.string(), fc.string())
        .map(([name, value]) => `${name}=${value}; Domain=${value}; Expires=${name}; Max-Age=${value}`),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(garbage, { maxLength: 5 }), async (lines) => {
        const raw = Headers.fromRaw(lines.flatMap((line) => ['Set-Cookie', line]))
        let sent: Headers | undefined
        const download = around(cookies, downloadBench().context, async (request) => {
          sent = request.headers
          return (answer(request) as Response).replace({ headers: raw })
        })
        for (let i = 0; i < 2; i++) await download(new Request(`${HOST}/`))
        expect(() => Headers.from([...sent!])).not.toThrow()
      }),
      { numRuns: 300 },
    )
  })
})

describe('the log', () => {
  it('tells names at debug, values never', async () => {
    const { visit, bench } = browser()
    await visit('http://me:geheim@www.example.com/', ['sid=secret; Path=/', 'bad=secret; Domain=other.com'])
    await visit(`${HOST}/`, [], { cookies: { own: 'secret' } })
    const all = bench.lines.join('\n')
    expect(all).toContain('Cookies from http://www.example.com/: sid')
    expect(all).toContain('Cookies to http://www.example.com/: sid, own')
    expect(all).toContain('bad is for other.com')
    expect(all).not.toMatch(/secret|geheim/)
  })
})
