import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { fingerprint, fingerprintHex } from './fingerprint.ts'

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex')

describe('fingerprint', () => {
  it('is what scrapy-redis writes', () => {
    const url = 'http://www.zhihu.com/api/v4/members/a/followees?include=data[*].answer_count,articles_count&offset=0&limit=20'
    expect(fingerprintHex({ method: 'GET', url: url.replace('/a/', '/excited-vczh/').replace('http:', 'https:') })).toBe(
      'a47653e5d3626ea4240c21a4668f8cc70c5993dd',
    )
    expect(fingerprintHex({ method: 'GET', url: 'http://example.com' })).toBe('db723d399cb551c9ef8eca77ed8dbed4a0522b4f')
    const body = Buffer.from('k=v+w')
    expect(fingerprintHex({ method: 'POST', url: 'http://example.com/p', body })).toBe('3f4740164c52e1ef1164d67f44c46a2513553139')
  })

  it('is 20 bytes, and the same as its hex form', () => {
    const request = { method: 'GET', url: 'http://example.com/?b=2&a=1#x' }
    const bytes = fingerprint(request)
    expect(bytes).toHaveLength(20)
    expect(Buffer.from(bytes).toString('hex')).toBe(fingerprintHex(request))
  })

  it('sees a part of a larger buffer as the body, not the buffer', () => {
    const whole = Buffer.from('xxk=v+wyy')
    const url = 'http://example.com/p'
    expect(fingerprintHex({ method: 'POST', url, body: whole.subarray(2, 7) })).toBe('3f4740164c52e1ef1164d67f44c46a2513553139')
    expect(fingerprintHex({ method: 'GET', url, body: null })).toBe(
      fingerprintHex({ method: 'GET', url, body: new Uint8Array() }),
    )
  })

  it('escapes as Python writes JSON', () => {
    expect(fingerprintHex({ method: 'é"\\\x7f\n\x01\u2028💩', url: 'http://a"b^.com/' })).toBe(
      sha1('{"body": "", "method": "\\u00e9\\"\\\\\\u007f\\n\\u0001\\u2028\\ud83d\\udca9", "url": "http://a\\"b^.com/"}'),
    )
    // A host without a form in ASCII stays as it is.
    expect(fingerprintHex({ method: 'GET', url: 'http://ü..de/' })).toBe(
      sha1('{"body": "", "method": "GET", "url": "http://\\u00fc..de/"}'),
    )
  })

  it('refuses a URL without a canonical form', () => {
    expect(() => fingerprint({ method: 'GET', url: 'http://h:x/' })).toThrow('Invalid URL "http://h:x/"')
  })
})

describe("the fingerprint of algorithm 'scrapy'", () => {
  const request = { method: 'GET', url: 'http://h/?b=1&a=2#f' }
  const values: Readonly<Record<string, string[]>> = { accept: ['text/html', 'é'], b: ['日'], ab: ['1'], 'x-a': [' pad '] }
  const headers = (name: string) => values[name] ?? []
  const text = (headersText: string, url = 'http://h/?a=2&b=1') =>
    sha1(`{"body": "", "headers": ${headersText}, "method": "GET", "url": "${url}"}`)

  it('has the chosen headers in hex, by name in lower case', () => {
    const includeHeaders = ['X-A', 'Accept', 'B', 'missing', 'AB', 'accept']
    expect(fingerprintHex(request, { algorithm: 'scrapy', includeHeaders, headers })).toBe(
      text('{"6162": ["31"], "616363657074": ["746578742f68746d6c", "e9"], "62": ["e697a5"], "782d61": ["2070616420"]}'),
    )
  })

  it('has none by default, and needs the values', () => {
    expect(fingerprintHex(request, { algorithm: 'scrapy' })).toBe(text('{}'))
    expect(fingerprintHex(request, { algorithm: 'scrapy', includeHeaders: [], headers })).toBe(text('{}'))
  })

  it('keeps fragments and verbatim URLs when asked', () => {
    expect(fingerprintHex(request, { algorithm: 'scrapy', keepFragments: true })).toBe(text('{}', 'http://h/?a=2&b=1#f'))
    expect(fingerprintHex(request, { algorithm: 'scrapy', verbatimUrl: true })).toBe(text('{}', request.url))
  })

  it('leaves these options without effect on the other algorithm', () => {
    const options = { keepFragments: true, verbatimUrl: true, includeHeaders: ['accept'], headers }
    expect(fingerprintHex(request, options)).toBe(fingerprintHex({ method: 'GET', url: 'http://h/?a=2&b=1' }))
  })
})
