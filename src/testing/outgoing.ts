import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { UsageError } from '../errors.ts'
import type { SiteAnswer, SitePage } from './contract.ts'

/** An answer whose body is bytes, or comes piece by piece, or is written by hand. */
export type Outgoing =
  | { readonly status: number; readonly headers: OutgoingHttpHeaders; readonly body: string | Uint8Array }
  | { readonly status: number; readonly headers: OutgoingHttpHeaders; readonly stream: NonNullable<SiteAnswer['stream']> }
  | { readonly raw: (response: ServerResponse) => void }

const BODIES = ['html', 'json', 'text', 'bytes', 'stream', 'raw'] as const
const NAMES: readonly string[] = ['status', 'headers', ...BODIES]
const TYPES = {
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  text: 'text/plain; charset=utf-8',
  bytes: 'application/octet-stream',
  stream: 'application/octet-stream',
}

/** What goes over the wire for a page. Throws ERR_ANSWER for one that says two things at once, or nothing that can be sent. */
export function outgoing(page: SitePage): Outgoing {
  if (typeof page === 'string') return { status: 200, headers: { 'content-type': TYPES.html }, body: page }
  if (typeof page !== 'object') throw wrong(`a string of HTML or an object, got ${String(page)}`)
  for (const name of Object.keys(page)) if (!NAMES.includes(name)) throw wrong(`${NAMES.join(', ')}, got ${name}`)
  const { status = 200, headers } = page
  if (!Number.isInteger(status) || status < 200 || status > 999) throw wrong(`a status from 200 to 999, got ${status}`)
  let kind: (typeof BODIES)[number] | undefined
  for (const body of BODIES) {
    if (page[body] === undefined) continue
    if (kind !== undefined) throw wrong(`one body, got ${kind} and ${body}`)
    kind = body
  }
  if (kind === 'raw') return { raw: page.raw! }
  if (kind === undefined) return { status, headers: lowerCase(headers), body: '' }
  const all = { 'content-type': TYPES[kind], ...lowerCase(headers) }
  if (kind === 'stream') return { status, headers: all, stream: page.stream! }
  return { status, headers: all, body: kind === 'json' ? jsonOf(page.json) : page[kind]! }
}

function jsonOf(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) throw wrong(`\`json\` that JSON can say, got a ${typeof value}`)
  return text
}

function lowerCase(headers: SiteAnswer['headers'] = {}): OutgoingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), typeof value === 'object' ? [...value] : value]),
  )
}

const wrong = (expected: string): UsageError =>
  new UsageError('ERR_ANSWER', `Expected an answer of a fake site to have ${expected}.`)
