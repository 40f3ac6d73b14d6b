import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Selector } from '../selector.ts'
import type { LinkPage } from './link.ts'
import { LinkExtractor } from './link-extractor.ts'

interface Expected {
  links?: unknown[]
  error?: string
}

interface Case {
  id: string
  url: string
  body?: string
  bodyBase64?: string
  headers?: [string, string][]
  responseEncoding?: string
  responseClass?: string
  options: Record<string, unknown>
  expected: Expected
  expectedScrapy28?: Expected
  expectedHtml5?: Expected
  parserSensitive?: boolean
}

const { cases } = JSON.parse(readFileSync(new URL('../../../test/vectors/links.json', import.meta.url), 'utf8')) as {
  cases: Case[]
}

function pageOf({ url, body, bodyBase64, headers, responseEncoding, responseClass }: Case): LinkPage {
  const bytes = body === undefined ? Buffer.from(bodyBase64!, 'base64') : Buffer.from(body)
  const charset = /charset=([\w-]+)/i
  const declared = charset.exec(headers?.[0]?.[1] ?? '') ?? charset.exec(bytes.toString('latin1'))
  // what is pure ASCII and says nothing counts as Windows-1252
  const encoding = responseEncoding ?? declared?.[1] ?? (/[^\0-\x7f]/.test(bytes.toString('latin1')) ? 'utf-8' : 'windows-1252')
  const text = new TextDecoder(encoding).decode(bytes)
  const kind = responseClass === 'XmlResponse' ? 'xml' : 'html'
  return { url, text, encoding, kind, selector: new Selector({ text, type: kind }) }
}

const renamed: Record<string, string> = { process_value: 'process' }

function camel(options: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(options).map(([name, value]) => {
    return [renamed[name] ?? name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()), value]
  })
  return Object.fromEntries(entries)
}

describe('LinkExtractor answers as Scrapy', () => {
  test.each(cases.map((one) => [one.id, one] as const))('%s', (_, one) => {
    const links = new LinkExtractor(camel(one.options)).extractLinks(pageOf(one))
    // where libxml2's tree is not the standard's, the standard's is right
    expect(links).toEqual((one.expectedHtml5 ?? one.expected).links)
  })
})
