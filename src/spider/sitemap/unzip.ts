import { constants, createGunzip, type Gunzip } from 'node:zlib'

/** Bytes that are handed to the decoder at once. They can become a thousand times as many. */
const SLICE = 16_384
/** A file that was compressed twice is compressed no third time. */
const MAX_LAYERS = 2

/** Whether these bytes are gzip, whatever their header said. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

/**
 * Undoes gzip, as often as it was done (twice at most), piece by piece. Of a file that broke off or is damaged the pieces before that come; nothing is
 * thrown. At most a thousand times {@link SLICE} bytes are held, for each layer.
 */
export async function* unzip(
  pieces: AsyncIterable<Buffer> | Iterable<Buffer>,
  layers: number = MAX_LAYERS,
): AsyncGenerator<Buffer> {
  const iterator = withHead(pieces)
  const { value: head, done } = await iterator.next()
  if (done === true) return
  const all = (async function* (): AsyncGenerator<Buffer> {
    yield head
    yield* iterator
  })()
  if (layers === 0 || !isGzip(head)) yield* all
  else yield* unzip(gunzip(all), layers - 1)
}

/** The same pieces, of which the first has two bytes or more, where there are that many. */
async function* withHead(pieces: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0)
  for await (const piece of pieces) {
    if (head === undefined) {
      yield piece
      continue
    }
    head = Buffer.concat([head, piece])
    if (head.length < 2) continue
    yield head
    head = undefined
  }
  if (head !== undefined && head.length > 0) yield head
}

async function* gunzip(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  // without the flush a file that broke off is an error, and what came last is lost with it
  const stream = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 65_536 })
  const decoded: Buffer[] = []
  stream.on('data', (chunk: Buffer) => decoded.push(chunk))
  // it closes, which is what is looked at
  stream.on('error', () => {})
  try {
    for await (const piece of pieces) {
      for (let at = 0; at < piece.length; at += SLICE) {
        await unlessClosed(stream, (done) => stream.write(piece.subarray(at, at + SLICE), done))
        yield* decoded.splice(0)
        if (stream.destroyed) return
      }
    }
    await unlessClosed(stream, (done) => {
      stream.once('end', done)
      stream.end()
    })
    yield* decoded.splice(0)
  } finally {
    stream.destroy()
  }
}

/** Resolves when the step is done, or when the stream closes: the callback of the write that meets damaged data is never called. */
function unlessClosed(stream: Gunzip, step: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('close', done)
      resolve()
    }
    stream.once('close', done)
    step(done)
  })
}
