import { expect, it } from 'vitest'
import { Request } from '../../../http/request.ts'
import { splitScrapyMeta } from './scrapy-meta.ts'

/** Each is a request that can be made, with these options and nothing in `meta`. */
it.each<[meta: Record<string, unknown>, options: object]>([
  [{ proxy: null }, { proxy: 'direct' }],
  [{ proxy: '' }, { proxy: 'direct' }],
  [{ proxy: 'http://me:pw@p.example:3128' }, { proxy: 'http://me:pw@p.example:3128' }],
  [{ proxy: 'p.example:3128' }, { proxy: 'http://p.example:3128' }],
  [{ proxy: '//p.example:3128' }, { proxy: 'http://p.example:3128' }],
  [{ proxy: 'http://p:1', _scheme_proxy: true, _auth_proxy: 'http://p:1' }, {}],
  [{ proxy: 'http://p:1', _scheme_proxy: false }, { proxy: 'http://p:1' }],
  [{ cookiejar: 1 }, { cookieJar: '1' }],
  [{ cookiejar: 'a' }, { cookieJar: 'a' }],
  [{ cookiejar: '' }, { cookieJar: '""' }],
  [{ cookiejar: 0 }, { cookieJar: '0' }],
  [{ cookiejar: ['a', 1] }, { cookieJar: '["a",1]' }],
  [{ cookiejar: true }, { cookieJar: 'true' }],
  [{ cookiejar: null }, {}],
  [{ dont_merge_cookies: 1 }, { dontMergeCookies: true }],
  [{ dont_merge_cookies: false }, { dontMergeCookies: false }],
  [{ http_user: 'me', http_pass: 'pw' }, { auth: { user: 'me', password: 'pw' } }],
  [{ http_user: 'me', http_pass: '', http_auth_domain: 'a.b' }, { auth: { user: 'me', password: '', domain: 'a.b' } }],
  [{ http_pass: 'pw', http_auth_domain: null }, { auth: { user: '', password: 'pw' } }],
  [{ http_user: '', http_pass: null, http_auth_domain: 'a.b' }, {}],
  [{ bindaddress: '127.0.0.2' }, { localAddress: '127.0.0.2' }],
  [{ bindaddress: ['127.0.0.2', 0] }, { localAddress: '127.0.0.2' }],
  [{ bindaddress: ['', 0] }, {}],
  [{ bindaddress: null }, {}],
  [{ referrer_policy: 'Same-Origin' }, { referrerPolicy: 'same-origin' }],
  [{ referrer_policy: 'origin, unheard-of' }, { referrerPolicy: 'origin' }],
  [{ referrer_policy: '' }, { referrerPolicy: 'no-referrer-when-downgrade' }],
  [{ referrer_policy: 'scrapy-default' }, { referrerPolicy: 'scrapy-default' }],
  [{ referrer_policy: 'scrapy.spidermiddlewares.referer.NoReferrerPolicy' }, { referrerPolicy: 'no-referrer' }],
  [{ referrer_policy: 'scrapy.spidermiddlewares.referer.DefaultReferrerPolicy' }, { referrerPolicy: 'scrapy-default' }],
  [{ referrer_policy: 'scrapy.spidermiddlewares.referer.constructor' }, {}],
  [{ referrer_policy: 'shop.policies.Own' }, {}],
  [{ referrer_policy: 5 }, {}],
  [{ download_warnsize: 0 }, { warnSize: 0 }],
  [{ download_warnsize: null }, {}],
  [{ priority_adjust: -3 }, { retryPriority: -3 }],
  [{ give_up_log_level: 'CRITICAL' }, { giveUpLogLevel: 'error' }],
  [{ give_up_log_level: 'warn' }, { giveUpLogLevel: 'warn' }],
  [{ give_up_log_level: 10 }, { giveUpLogLevel: 'debug' }],
  [{ give_up_log_level: 25 }, { giveUpLogLevel: 'info' }],
  [{ give_up_log_level: 30 }, { giveUpLogLevel: 'warn' }],
  [{ give_up_log_level: 'TRACE' }, {}],
  [{ autothrottle_dont_adjust_delay: true }, { dontThrottle: true }],
  [{ depth_reset: true }, { depthReset: true }],
  [{ download_timeout: 0 }, {}],
  [{ redirect_ttl: 0 }, { maxRedirects: 0 }],
  [{ handle_httpstatus_all: true, handle_httpstatus_list: [404] }, { handleStatus: true }],
])('%j', (all, expected) => {
  const { options, meta } = splitScrapyMeta(all)
  expect(meta).toEqual({})
  expect(new Request('http://a.b/', options).options).toEqual(expected)
})

it('leaves all else to the user', () => {
  const all = { proxied: 1, cookies: { a: 1 }, flags: ['x'], depth: 2, __proto__: null }
  expect(splitScrapyMeta(all)).toEqual({ options: {}, meta: { proxied: 1, cookies: { a: 1 }, flags: ['x'], depth: 2 } })
})

it.each([
  [{ proxy: 'ftp://p:1' }, '`proxy`'],
  [{ proxy: 5 }, '`proxy`'],
  [{ bindaddress: 'eth0' }, '`localAddress`'],
  [{ download_warnsize: 1.5 }, '`warnSize`'],
  [{ priority_adjust: 'high' }, '`retryPriority`'],
  [{ http_user: 5, http_pass: 'geheim' }, '`auth`'],
])('%j makes no request', (all, words) => {
  expect(() => new Request('http://a.b/', splitScrapyMeta(all).options)).toThrow(words)
  expect(() => new Request('http://a.b/', splitScrapyMeta(all).options)).not.toThrow('geheim')
})
