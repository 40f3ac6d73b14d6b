import { StringDecoder } from 'node:string_decoder'
import { declaredEncoding } from '../../http/declared-encoding.ts'
import { decodeText } from '../../http/decode-text.ts'
import { bomEncoding, headerEncoding } from '../../http/encoding.ts'
import type { Response } from '../../http/response.ts'
import { isGzip, unzip } from './unzip.ts'

/** Bytes that are read at once. */
const SLICE = 65_536

/** The text of a sitemap, piece by piece, unzipped where it is zipped. */
export class SitemapText implements AsyncIterable<string> {
  readonly #page: Response
  readonly #maxSize: number
  #isCut = false

  /** @param maxSize bytes, unzipped; what is beyond that is left out */
  constructor(page: Response, maxSize: number) {
    this.#page = page
    this.#maxSize = maxSize
  }

  /** Whether something was left out, once the text is read. */
  get isCut(): boolean {
    return this.#isCut
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    const pieces = this.#bytes()
    const first = await pieces.next()
    if (first.done === true) return
    const encoding = encodingOf(first.value, this.#page.headers.get('content-type'))
    if (encoding !== 'utf-8') return yield* this.#whole(first.value, pieces, encoding)
    const decoder = new StringDecoder('utf8')
    const bom = bomEncoding(first.value) === 'utf-8' ? 3 : 0
    yield decoder.write(first.value.subarray(bom))
    for await (const piece of pieces) yield decoder.write(piece)
    yield decoder.end()
  }

  /** Encodings that few sitemaps have are decoded in one piece: most converters know no other way. */
  async *#whole(first: Buffer, pieces: AsyncGenerator<Buffer>, encoding: string): AsyncGenerator<string> {
    const all = [first]
    for await (const piece of pieces) all.push(piece)
    yield decodeText(Buffer.concat(all), encoding)
  }

  async *#bytes(): AsyncGenerator<Buffer> {
    const { body } = this.#page
    let size = 0
    for await (const piece of isGzip(body) ? unzip([body]) : slices(body)) {
      const room = this.#maxSize - size
      if (piece.length > room) {
        this.#isCut = true
        if (room > 0) yield piece.subarray(0, room)
        return
      }
      size += piece.length
      yield piece
    }
  }
}

function* slices(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += SLICE) yield body.subarray(at, at + SLICE)
}

/** XML without a declaration is UTF-8 (XML 1.0, 4.3.3), whatever its bytes look like. */
function encodingOf(head: Buffer, contentType: string | undefined): string {
  return bomEncoding(head) ?? headerEncoding(contentType) ?? declaredEncoding(head) ?? 'utf-8'
}
