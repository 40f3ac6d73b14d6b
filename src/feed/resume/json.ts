import { type Continuation, cannotAppend, contentOf, cutAt, type ExistingFile } from './continuation.ts'

const OPEN = 0x5b
const CLOSE = 0x5d
const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * How a JSON array goes on: behind its last element, the closing bracket being overwritten. Undefined for a file without elements, which
 * is written anew. What broke off behind the last whole element is cut away. The brackets of the whole file are followed (about 250 MB/s),
 * since a file that broke off can end in `}]` too.
 *
 * @throws UsageError `ERR_FEED_APPEND` for anything but an array of objects, and for one that broke off in its first.
 */
export async function resumeJson(file: ExistingFile): Promise<Continuation | undefined> {
  if (file.gzip) {
    throw cannotAppend(
      file.path,
      "a compressed JSON array cannot be reopened at its end. Append to a .jsonl.gz or an uncompressed .json, or give the feed `place: 'atEnd'` in the config",
    )
  }
  const scan = new ArrayScan()
  for await (const chunk of contentOf(file)) scan.push(chunk)
  if (scan.state === 'blank' || (scan.state === 'closed' && scan.elementsEnd === 0)) return undefined
  if (scan.state === 'closed') return { position: scan.elementsEnd, lead: '' }
  if (scan.state === 'other') throw cannotAppend(file.path, 'it does not hold one JSON array of objects. Append to a .jsonl file')
  if (scan.wholeEnd > 0) return cutAt(scan.wholeEnd, file)
  throw cannotAppend(file.path, `its JSON array broke off in its first item. Take it away: rm '${file.path}'`)
}

/** Follows strings and brackets, no more: what stands between them was written by a JSON writer. */
export class ArrayScan {
  state: 'blank' | 'open' | 'closed' | 'other' = 'blank'
  /** Behind the last element of a closed array; 0 when it has none. */
  elementsEnd = 0
  /** Behind the last element that is whole. */
  wholeEnd = 0
  #offset = 0
  #depth = 0
  #inString = false
  /** The chunk before ended in a string, behind a backslash that escapes what comes. */
  #escaped = false
  /** Behind the last byte that is not white space. */
  #lastEnd = 0
  #last = 0

  push(chunk: Buffer): void {
    for (let i = this.#offset === 0 && chunk[0] === 0xef ? 3 : 0; i < chunk.length; i++) {
      if (this.#inString) {
        i = this.#stringEnd(chunk, i)
        continue
      }
      const byte = chunk[i]!
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) continue
      this.#step(byte, this.#offset + i)
      this.#last = byte
      this.#lastEnd = this.#offset + i + 1
    }
    this.#offset += chunk.length
  }

  /** Where the string ends that `from` is in; the end of the chunk when it goes on in the next. */
  #stringEnd(chunk: Buffer, from: number): number {
    for (let start = from; ; ) {
      const quote = chunk.indexOf(QUOTE, start)
      const end = quote < 0 ? chunk.length : quote
      let slashes = 0
      while (end - slashes > start && chunk[end - slashes - 1] === BACKSLASH) slashes++
      const escaped = (slashes % 2 === 1) !== (end - slashes === start && this.#escaped)
      this.#escaped = quote < 0 && escaped
      if (quote < 0) return end
      if (!escaped) {
        this.#inString = false
        return quote
      }
      start = quote + 1
    }
  }

  #step(byte: number, at: number): void {
    if (this.state === 'blank') {
      this.state = byte === OPEN ? 'open' : 'other'
      this.#depth = 1
      return
    }
    if (this.state !== 'open') {
      this.state = 'other'
      return
    }
    if (byte === QUOTE) {
      this.#inString = true
    } else if (byte === OPEN || byte === 0x7b) {
      this.#depth++
    } else if (byte === CLOSE || byte === 0x7d) {
      this.#depth--
      if (this.#depth === 1) this.wholeEnd = at + 1
      if (this.#depth === 0) this.#finish(byte)
    }
  }

  #finish(byte: number): void {
    // the last thing before the bracket is an element's end, or the opening bracket of an array that holds nothing
    const sound = byte === CLOSE && (this.wholeEnd === this.#lastEnd || (this.wholeEnd === 0 && this.#last === OPEN))
    this.state = sound ? 'closed' : 'other'
    this.elementsEnd = this.wholeEnd
  }
}
