import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ReferrerPolicy } from '../settings/polite-settings.ts'
import { parseReferrerPolicy, refererFor, referrerOf } from './referrer-policy.ts'

interface Case {
  id: string
  responseUrl: string
  requestUrl: string
  settingPolicy?: ReferrerPolicy
  responseReferrerPolicy?: string
  metaPolicy?: string
  expected: { referer: string | null }
}

const { cases } = JSON.parse(readFileSync(new URL('../../test/vectors/referer.json', import.meta.url), 'utf8')) as {
  cases: Case[]
}
/** Policies of a request that skein refuses when the request is made, where Scrapy falls back to another. */
const REFUSED: ReadonlySet<string | undefined> = new Set(['bogus', ''])

describe('vectors', () => {
  const known = cases.filter(({ metaPolicy }) => !REFUSED.has(metaPolicy))
  it('are there', () => expect(known.length).toBeGreaterThan(40))

  for (const { id, responseUrl, requestUrl, settingPolicy, responseReferrerPolicy: header, metaPolicy, expected } of known) {
    it(`${id} ${metaPolicy ?? header ?? settingPolicy ?? ''} ${responseUrl} to ${requestUrl}`, () => {
      const asked = header === undefined ? undefined : parseReferrerPolicy([header])
      const policy = (metaPolicy as ReferrerPolicy | undefined) ?? asked ?? settingPolicy ?? 'scrapy-default'
      expect(refererFor(policy, responseUrl, requestUrl) ?? null).toBe(expected.referer)
    })
  }
})

/** What each policy tells of `https://a.example/p` and of `http://a.example/p`: F all of it, O its origin, - nothing. */
const MATRIX: readonly (readonly [policy: ReferrerPolicy, targets: string])[] = [
  // from TLS to: same origin, other TLS, plain; from plain to: same origin, other plain, TLS
  ['scrapy-default', 'FF- FFF'],
  ['no-referrer', '--- ---'],
  ['no-referrer-when-downgrade', 'FF- FFF'],
  ['same-origin', 'F-- F--'],
  ['origin', 'OOO OOO'],
  ['strict-origin', 'OO- OOO'],
  ['origin-when-cross-origin', 'FOO FOO'],
  ['strict-origin-when-cross-origin', 'FO- FOO'],
  ['unsafe-url', 'FFF FFF'],
]

describe('the nine policies', () => {
  it.each(MATRIX)('%s: %s', (policy, expected) => {
    const tell = (from: string, targets: readonly string[]): string =>
      targets
        .map((to) => {
          const told = refererFor(policy, from, to)
          return told === undefined ? '-' : told === from ? 'F' : told === from.replace(/p$/, '') ? 'O' : told
        })
        .join('')
    const secure = tell('https://a.example/p', ['https://a.example/q', 'https://b.example/', 'http://a.example/'])
    const plain = tell('http://a.example/p', ['http://a.example/q', 'http://b.example/', 'https://a.example/'])
    expect(`${secure} ${plain}`).toBe(expected)
  })

  it('ports and subdomains are other origins, a default port written out is not', () => {
    const from = 'https://a.example/p'
    expect(refererFor('same-origin', from, 'https://a.example:444/')).toBeUndefined()
    expect(refererFor('same-origin', from, 'https://a.example.evil.example/')).toBeUndefined()
    expect(refererFor('same-origin', from, 'https://sub.a.example/')).toBeUndefined()
    expect(refererFor('same-origin', from, 'https://a.example:443/')).toBe(from)
    expect(refererFor('same-origin', from, 'https://u:p@A.example/')).toBe(from)
    expect(refererFor('same-origin', 'http://[2001:db8::1]:80/p', 'http://[2001:db8::1]/')).toBe('http://[2001:db8::1]/p')
  })

  it('a file is only told of where that was asked for', () => {
    expect(refererFor('scrapy-default', 'file:///home/me/x.html', 'http://a.example/')).toBeUndefined()
    expect(refererFor('unsafe-url', 'file:///home/me/x.html', 'http://a.example/')).toBe('file:///home/me/x.html')
    expect(refererFor('origin', 'file:///home/me/x.html', 'http://a.example/')).toBe('file:///')
  })
})

describe('a page as a Referer names it', () => {
  it.each([
    ['https://me:secret@a.example/p', 'https://a.example/p'],
    ['https://me:secr@et@a.example/p', 'https://a.example/p'],
    ['https://a.example:443/p#f', 'https://a.example/p'],
    ['https://a.example:4430/p', 'https://a.example:4430/p'],
    ['http://a.example/p?u=http://x:y@z/#g', 'http://a.example/p?u=http://x:y@z/'],
    ['http://a.example/@b:80?', 'http://a.example/@b:80'],
    ['http://a.example/p?q?', 'http://a.example/p?q?'],
    ['http://me:80@a.example/', 'http://a.example/'],
    ['http://a.example/\u00e9', 'http://a.example/\u00c3\u00a9'],
  ])('%s is %s', (url, full) => {
    expect(referrerOf(url).full).toBe(full)
  })

  it.each(['data:text/html,x', 'about:blank', 'blob:x', 'mailto:a@b', '', '/path', 'http://a.example/a\r\nX: 1'])(
    '%j has no name',
    (url) => {
      expect(refererFor('unsafe-url', url, 'http://a.example/')).toBeUndefined()
    },
  )

  it('a very long URL tells its origin only', () => {
    const url = `https://a.example/${'x'.repeat(4096)}`
    expect(refererFor('unsafe-url', url, 'http://b.example/')).toBe('https://a.example/')
    expect(refererFor('unsafe-url', url.slice(0, 4096), 'http://b.example/')).toBe(url.slice(0, 4096))
  })
})

describe('Referrer-Policy headers', () => {
  it.each([
    [[], undefined],
    [[''], undefined],
    [['bogus'], undefined],
    [['Origin'], 'origin'],
    [[' unsafe-url ,bogus,'], 'unsafe-url'],
    [['no-referrer, strict-origin-when-cross-origin'], 'strict-origin-when-cross-origin'],
    [['no-referrer', 'origin'], 'origin'],
    [['origin, no-referrer', 'x'], 'no-referrer'],
    [['constructor'], undefined],
  ])('%j is %s', (headers, policy) => {
    expect(parseReferrerPolicy(headers)).toBe(policy)
  })
})
