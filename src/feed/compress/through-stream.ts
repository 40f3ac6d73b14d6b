import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** What comes out of a stream that the source is sent through. Whoever stops reading ends both. */
export async function* throughStream(source: AsyncIterable<Uint8Array>, stream: Duplex): AsyncGenerator<Uint8Array> {
  const through = pipeline(source, stream)
  // told by the loop below, or not wanted any more
  through.catch(() => {})
  yield* stream as AsyncIterable<Uint8Array>
  await through
}
