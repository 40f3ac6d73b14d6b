import { createReadStream } from 'node:fs'

/** The bytes of a file. It is opened when the first of them is wanted, and closed when no more are. */
export async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Uint8Array>
}
