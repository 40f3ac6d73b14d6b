import type { Socket } from 'node:net'

/** What a reader made of the bytes that came. */
export interface Received<T> {
  readonly value: T
  /** How many bytes that was; those after it belong to whoever reads next. */
  readonly used: number
}

/**
 * Reads from a socket until `read` says that it has what it wants; undefined: more is needed. What came beyond that is put back.
 * Rejects with what `read` throws, when the socket ends or fails first, and with the signal's reason.
 */
export function receive<T>(socket: Socket, signal: AbortSignal, read: (bytes: Buffer) => Received<T> | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0)
    const finish = (): void => {
      socket.removeListener('readable', readable)
      socket.removeListener('error', fail)
      socket.removeListener('end', end)
      socket.removeListener('close', end)
      signal.removeEventListener('abort', abort)
    }
    const fail = (error: Error): void => {
      finish()
      socket.destroy()
      reject(error)
    }
    const end = (): void => fail(new Error('it closed the connection'))
    const abort = (): void => fail(signal.reason as Error)
    const readable = (): void => {
      for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) {
        bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk])
        let received: Received<T> | undefined
        try {
          received = read(bytes)
        } catch (error) {
          fail(error as Error)
          return
        }
        if (received === undefined) continue
        finish()
        if (received.used < bytes.length) socket.unshift(bytes.subarray(received.used))
        resolve(received.value)
        return
      }
    }
    if (signal.aborted) return abort()
    if (socket.destroyed) return end()
    signal.addEventListener('abort', abort, { once: true })
    socket.on('error', fail)
    socket.on('end', end)
    socket.on('close', end)
    socket.on('readable', readable)
  })
}
