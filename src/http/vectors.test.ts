import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createResponse } from './create-response.ts'
import { headerEncoding } from './encoding.ts'
import { resolveEncoding } from './encoding-names.ts'
import { Headers } from './headers.ts'
import { HtmlResponse } from './html-response.ts'
import { JsonResponse } from './json-response.ts'
import { Request } from './request.ts'
import { Response } from './response.ts'
import { TextResponse } from './text-response.ts'
import { XmlResponse } from './xml-response.ts'

interface Vectors<T> {
  readonly cases: readonly (T & { readonly id: string })[]
}

function load<T>(name: string): Vectors<T>['cases'] {
  const path = new URL(`../../test/vectors/${name}.json`, import.meta.url)
  return (JSON.parse(readFileSync(path, 'utf8')) as Vectors<T>).cases
}

interface EncodingCase {
  readonly kind: 'response' | 'resolve' | 'responseClass'
  readonly responseClass: string
  readonly headers: readonly [string, string][]
  readonly bodyBase64?: string
  readonly body?: string
  readonly encoding?: string
  readonly label: string
  readonly url: string
  readonly expected: { encoding: string; text: string; fromHeaders: string | null; codec: string | null; class: string }
}

const classes = { Response, TextResponse, HtmlResponse, XmlResponse, JsonResponse } as const

/** Python's names of codecs by ours, where they are not the same but for `-` and `_`. */
const PYTHON: Readonly<Record<string, string>> = {
  'windows-1252': 'cp1252',
  'windows-1251': 'cp1251',
  'windows-1254': 'cp1254',
  'windows-874': 'cp874',
  shift_jis: 'cp932',
  'euc-kr': 'cp949',
  big5: 'big5hkscs',
  ibm866: 'cp866',
  'iso-2022-kr': 'iso2022_kr',
}

function python(name: string | undefined): string | null {
  return name === undefined ? null : plain(PYTHON[name] ?? name)
}

function plain(name: string | null): string | null {
  return name === null ? null : name.replace(/[-_]/g, '')
}

/** Where the notes that come with the vectors prefer the Encoding Standard to Python. */
const BETTER: Readonly<Record<string, { encoding?: string; text?: string; codec?: string | null }>> = {
  // <meta charset=utf-16> means utf-8
  'response_encoding-893209030be8': { encoding: 'utf-8', text: '<meta charset="utf-16"><p>café € 日本 ру' },
  // labels of the web that Python lacks, and codecs of Python that are no encodings
  'response_encoding-fb95dfcd6b53': { codec: 'cp1252' },
  'response_encoding-96ac8fbe8d9c': { codec: 'xuserdefined' },
  'response_encoding-8b4629530497': { codec: 'iso88598i' },
  'response_encoding-aaea5efe769d': { codec: null },
  'response_encoding-0a87292e847c': { codec: null },
}

function bodyOf({ body, bodyBase64 }: EncodingCase): Buffer {
  return body === undefined ? Buffer.from(bodyBase64 ?? '', 'base64') : Buffer.from(body)
}

describe('response_encoding', () => {
  const cases = load<EncodingCase>('response_encoding')

  it.each(cases.filter((one) => one.kind === 'response'))('$id', (one) => {
    const Class = classes[one.responseClass as 'HtmlResponse']
    const headers = Headers.fromRaw(one.headers.flat())
    const page = new Class({ url: 'http://example.com/', headers, body: bodyOf(one), encoding: one.encoding })
    const better = BETTER[one.id]
    expect(page.text).toBe(better?.text ?? one.expected.text)
    expect(python(page.encoding)).toBe(plain(better?.encoding ?? one.expected.encoding))
    expect(python(headerEncoding(headers.get('content-type')))).toBe(plain(one.expected.fromHeaders))
  })

  it.each(cases.filter((one) => one.kind === 'resolve'))('$id label $label', ({ id, label, expected }) => {
    const better = BETTER[id]?.codec
    expect(python(resolveEncoding(label))).toBe(better === undefined ? plain(expected.codec) : better)
  })

  it.each(cases.filter((one) => one.kind === 'responseClass'))('$id $expected.class', (one) => {
    const response = createResponse({ url: one.url, headers: Headers.fromRaw(one.headers.flat()), body: bodyOf(one) })
    expect(response.constructor.name).toBe(one.expected.class)
  })
})

interface JoinCase {
  readonly fn: string
  readonly url: string
  readonly args: { base: string; baseTag?: string }
  readonly expected: { result?: string; followUrl?: string; followError?: string; error?: string }
}

describe('canonicalize: response_urljoin', () => {
  it.each(load<JoinCase>('canonicalize').filter((one) => one.fn === 'response_urljoin'))(
    '$id $url',
    ({ url, args, expected }) => {
      const body = args.baseTag === undefined ? '' : `<html><head><base href="${args.baseTag}"></head></html>`
      const page = new HtmlResponse({ url: args.base, body: Buffer.from(body) })
      if (expected.error !== undefined) {
        expect(() => page.urljoin(url)).toThrow(expect.objectContaining({ code: 'ERR_URL_INVALID' }))
        return
      }
      expect(page.urljoin(url)).toBe(expected.result)
      if (expected.followError === undefined) expect(page.follow(url).url).toBe(expected.followUrl)
      else expect(() => page.follow(url)).toThrow(expect.objectContaining({ code: 'ERR_URL_INVALID' }))
    },
  )
})

interface FingerprintCase {
  readonly url: string
  readonly method?: string
  readonly body?: string
  readonly bodyBase64?: string
  readonly encoding?: string
  readonly headers?: readonly [string, string][] | Record<string, string>
  readonly expected: { requestUrl?: string; error?: string }
}

describe('fingerprint: the URL of a request', () => {
  it.each(load<FingerprintCase>('fingerprint').filter((one) => one.expected.requestUrl !== undefined))('$id', (one) => {
    const request = new Request(one.url, { method: one.method, encoding: one.encoding })
    expect(request.url).toBe(one.expected.requestUrl ?? '')
    expect(request.method).toBe((one.method ?? 'GET').toUpperCase())
  })
})
