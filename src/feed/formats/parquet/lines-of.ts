import { createReadStream } from 'node:fs'

/** The lines of a file, one at a time. Not by `readline`, which ends lines at U+2028 too, a character like any other in JSON. */
export async function* linesOf(path: string): AsyncGenerator<string> {
  let parts: Buffer[] = []
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    let start = 0
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      const line = chunk.subarray(start, end)
      yield parts.length === 0 ? line.toString() : Buffer.concat([...parts, line]).toString()
      parts = []
      start = end + 1
    }
    if (start < chunk.length) parts.push(chunk.subarray(start))
  }
  if (parts.length > 0) yield Buffer.concat(parts).toString()
}
