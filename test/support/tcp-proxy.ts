import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A line between a client and a server that tests can break in every way. */
export interface TcpProxy {
  readonly port: number
  /** Connections that are open. */
  readonly open: number
  /** Connections that were ever made. */
  readonly made: number
  /** Resets all connections. */
  cut(): void
  /** New connections are reset; those that are open stay. */
  refuse(): void
  accept(): void
  /** Nothing gets through any more, in either direction, and nobody is told; new connections are taken and nothing else. */
  blackhole(): void
  /** What was sent meanwhile goes on its way. */
  restore(): void
  /** What comes from either side is handed on so many ms later. */
  latency(ms: number): void
  /** In each direction, of each connection. 0: as fast as it goes. */
  bandwidth(bytesPerSecond: number): void
  /**
   * The next that clients send goes through to the server; of its replies nothing comes back. Once `count` chunks of replies were swallowed
   * the connection that they were for is reset. The promise is resolved then.
   */
  swallowReply(count?: number): Promise<void>
  close(): Promise<void>
}

interface Line {
  readonly client: Socket
  readonly server: Socket
  readonly flush: () => void
}

/**
 * Starts a proxy on loopback to a port on loopback.
 *
 * @example
 * const proxy = await startProxy(redis.port)
 * const link = await openLink({ url: `redis://127.0.0.1:${proxy.port}`, log })
 * proxy.blackhole()
 */
export async function startProxy(targetPort: number): Promise<TcpProxy> {
  const lines = new Set<Line>()
  let made = 0
  let refusing = false
  let holding = false
  let delay = 0
  let speed = 0
  let swallow = 0
  let swallowed: (() => void) | undefined

  const drop = (line: Line): void => {
    lines.delete(line)
    line.client.resetAndDestroy()
    line.server.resetAndDestroy()
  }

  /** Hands on what `from` sends, in its order, as slowly as was asked for. Returns what lets go of what is held. */
  const carry = (line: () => Line, from: Socket, to: Socket, backwards: boolean): (() => void) => {
    const queue: { readonly chunk: Buffer; readonly at: number }[] = []
    let free = 0
    let timer: NodeJS.Timeout | undefined
    const pump = (): void => {
      clearTimeout(timer)
      timer = undefined
      while (!holding && queue.length > 0) {
        const now = performance.now()
        const next = queue[0]!
        const wait = Math.max(next.at, free) - now
        if (wait > 0) {
          timer = setTimeout(pump, wait)
          return
        }
        queue.shift()
        if (backwards && swallow > 0) {
          if (--swallow > 0) continue
          drop(line())
          swallowed?.()
          return
        }
        to.write(next.chunk)
        if (speed > 0) free = Math.max(now, free) + (next.chunk.length / speed) * 1_000
      }
    }
    from.on('data', (data: Buffer) => {
      const at = performance.now() + delay
      // small pieces, so that a slow line trickles
      const size = speed > 0 ? Math.max(1, Math.floor(speed / 20)) : data.length
      for (let start = 0; start < data.length; start += size) queue.push({ chunk: data.subarray(start, start + size), at })
      pump()
    })
    from.on('end', () => {
      if (!holding && queue.length === 0) to.end()
    })
    from.on('close', () => {
      clearTimeout(timer)
      if (!holding) drop(line())
    })
    from.on('error', () => undefined)
    return pump
  }

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    if (refusing) {
      client.resetAndDestroy()
      return
    }
    made++
    const upstream = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const there = carry(() => line, client, upstream, false)
    const back = carry(() => line, upstream, client, true)
    const line: Line = {
      client,
      server: upstream,
      flush: () => {
        there()
        back()
      },
    }
    lines.add(line)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    port: (server.address() as AddressInfo).port,
    get open() {
      return lines.size
    },
    get made() {
      return made
    },
    cut() {
      for (const line of lines) drop(line)
    },
    refuse() {
      refusing = true
    },
    accept() {
      refusing = false
    },
    blackhole() {
      holding = true
    },
    restore() {
      holding = false
      for (const line of [...lines]) {
        if (line.client.destroyed || line.server.destroyed) drop(line)
        else line.flush()
      }
    },
    latency(ms) {
      delay = ms
    },
    bandwidth(bytesPerSecond) {
      speed = bytesPerSecond
    },
    swallowReply(count = 1) {
      swallow = count
      return new Promise((resolve) => {
        swallowed = resolve
      })
    },
    close() {
      for (const line of lines) drop(line)
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
