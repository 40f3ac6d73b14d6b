import { Headers } from './headers.ts'
import { HtmlResponse } from './html-response.ts'
import { JsonResponse } from './json-response.ts'
import { type Kind, kindOfName, kindOfType } from './media-types.ts'
import { Response, type ResponseInit } from './response.ts'
import { TextResponse } from './text-response.ts'
import { XmlResponse } from './xml-response.ts'

const CLASSES: Readonly<Record<Kind, new (init: ResponseInit) => TextResponse>> = {
  html: HtmlResponse,
  xml: XmlResponse,
  json: JsonResponse,
  text: TextResponse,
}

/** Bytes at the start of a body that are looked at. */
const REACH = 5000
/** Control characters that no text has; NUL is none of them, as in UTF-16. */
const BINARY = /[\x01-\x08\x0b\x0c\x0e-\x1f]/

/**
 * A response of the class that suits it, as Scrapy chooses: by the first of these that tells it is text of some kind: Content-Type (not while a
 * Content-Encoding is undone yet), the file name in Content-Disposition, the ending of the URL, the first 5,000 bytes of the body.
 *
 * @example
 * createResponse({ url: 'https://example.com/', headers: { 'Content-Type': 'text/html' }, body: '<p>Hi' }) // an HtmlResponse
 */
export function createResponse(init: ResponseInit): Response {
  const headers = Headers.from(init.headers)
  const kind = kindOf(headers, init.url, init.body)
  const Class = kind === undefined ? Response : CLASSES[kind]
  return new Class(init.headers === headers ? init : { ...init, headers })
}

function kindOf(headers: Headers, url: string, body: Uint8Array | string | undefined): Kind | undefined {
  const contentType = headers.get('content-type')
  if (contentType !== undefined && !headers.get('content-encoding')) {
    const kind = kindOfType(contentType)
    if (kind !== undefined) return kind
  }
  const disposition = headers.get('content-disposition')
  return (disposition === undefined ? undefined : kindOfDisposition(disposition)) ?? kindOfName(url) ?? kindOfBody(body)
}

/** The first parameter is the file name, whatever it is called. */
function kindOfDisposition(disposition: string): Kind | undefined {
  const name = disposition
    .split(';')[1]
    ?.split('=')[1]
    ?.trim()
    .replace(/^["']+|["']+$/g, '')
  return name === undefined ? undefined : kindOfName(name)
}

function kindOfBody(body: Uint8Array | string | undefined): Kind | undefined {
  if (body === undefined) return 'text'
  const head =
    typeof body === 'string'
      ? body.slice(0, REACH)
      : Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, REACH)).toString('latin1')
  if (BINARY.test(head)) return undefined
  if (/<html>/i.test(head)) return 'html'
  if (/<\?xml/i.test(head)) return 'xml'
  return /<!doctype html>/i.test(head) ? 'html' : 'text'
}
