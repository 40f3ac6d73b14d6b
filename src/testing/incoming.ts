import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { SiteRequest } from './contract.ts'

const EMPTY = Buffer.alloc(0)
/** Bytes; a body that is longer is answered with 413. */
const MAX_BODY = 16 * 1024 * 1024

/** A request as routes see it; what few of them look at is read when they do. */
export class Incoming implements SiteRequest {
  readonly method: string
  readonly url: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly client: string
  readonly attempt: number
  readonly body: Buffer
  params: Readonly<Record<string, string>> = {}
  #query: URLSearchParams | undefined
  #cookies: Readonly<Record<string, string>> | undefined

  constructor(message: IncomingMessage, client: string, attempt: number, body: Buffer) {
    this.method = message.method!
    this.url = message.url!
    this.path = pathOf(this.url)
    this.headers = message.headers
    this.client = client
    this.attempt = attempt
    this.body = body
  }

  get query(): URLSearchParams {
    return (this.#query ??= new URLSearchParams(this.url.slice(this.path.length)))
  }

  get cookies(): Readonly<Record<string, string>> {
    return (this.#cookies ??= Object.fromEntries(
      (this.headers.cookie ?? '').split(/; */).flatMap((pair) => {
        const at = pair.indexOf('=')
        return at < 0 ? [] : [[pair.slice(0, at), pair.slice(at + 1)]]
      }),
    ))
  }
}

/** The part of a URL before its query. */
export function pathOf(url: string): string {
  const at = url.indexOf('?')
  return at < 0 ? url : url.slice(0, at)
}

/** The body of a request; undefined when it is too long. A request without one costs no wait. */
export function bodyOf(message: IncomingMessage): Buffer | Promise<Buffer | undefined> {
  const { 'content-length': length, 'transfer-encoding': coding } = message.headers
  return (length === undefined || length === '0') && coding === undefined ? EMPTY : read(message)
}

async function read(message: IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of message as AsyncIterable<Buffer>) {
    size += piece.length
    // read to its end all the same: whoever sends it hears the answer then
    if (size <= MAX_BODY) pieces.push(piece)
  }
  return size > MAX_BODY ? undefined : Buffer.concat(pieces)
}
