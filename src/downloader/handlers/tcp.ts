import { connect, isIPv6, type Socket, type TcpNetConnectOpts } from 'node:net'
import type { Clock } from '../../util/clock.ts'
import type { Address } from './dns-cache.ts'
import { ConnectError } from './network-error.ts'

/** Where and how to connect. */
export interface TcpTarget {
  /** At least one, the best first. */
  readonly addresses: readonly Address[]
  readonly port: number
  /** The address of this machine to connect from. */
  readonly localAddress: string | undefined
}

/** `highWaterMark` is missing in Node's types. */
type TcpOptions = TcpNetConnectOpts & { highWaterMark: number }

/** Milliseconds until the next address is tried beside the one before (RFC 8305, 5). */
const ATTEMPT_DELAY = 250
/** Addresses that are tried at most: a name with hundreds would open hundreds of sockets. */
const MAX_ATTEMPTS = 10
const KEEP_ALIVE_PROBE = 60_000

/**
 * Connects to the first address that answers (RFC 8305): they are tried in turn, a quarter of a second apart or as soon as one fails, and go on
 * side by side. (Node's own `autoSelectFamily` gives each up after that time, so that a host of two slow addresses is out of reach.)
 *
 * Rejects with what the system said of the last one, or the signal's reason. `open` is there for tests.
 */
export function connectTcp(
  to: TcpTarget,
  clock: Clock,
  signal: AbortSignal,
  open: (to: TcpOptions) => Socket = connect,
): Promise<Socket> {
  const { port, localAddress } = to
  const addresses = inTurn(to.addresses, localAddress)
  if (addresses.length === 0) {
    const kind = isIPv6(localAddress!) ? 'IPv6' : 'IPv4'
    return Promise.reject(
      new ConnectError(
        'ERR_CONNECT',
        `the host has no ${kind} address, and localAddress (${localAddress}) is one; choose another`,
      ),
    )
  }
  return new Promise((resolve, reject) => {
    const sockets = new Set<Socket>()
    let next = 0
    let stopTimer: (() => void) | undefined
    const finish = (winner: Socket | undefined): void => {
      stopTimer?.()
      signal.removeEventListener('abort', abort)
      next = addresses.length
      for (const socket of sockets) if (socket !== winner) socket.destroy()
    }
    const abort = (): void => {
      finish(undefined)
      reject(signal.reason)
    }
    const attempt = (): void => {
      stopTimer?.()
      const { address } = addresses[next++]!
      const socket = open({
        host: address,
        port,
        ...(localAddress === undefined ? undefined : { localAddress }),
        // undici's figure for plain connections; those under TLS read in records anyway
        highWaterMark: 64 * 1024,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_PROBE,
      })
      sockets.add(socket)
      socket.once('connect', () => {
        finish(socket)
        resolve(socket)
      })
      // stays, so that no error of a socket between two hands ends the process
      socket.on('error', (error) => {
        if (!sockets.delete(socket) || signal.aborted) return
        if (next < addresses.length) attempt()
        else if (sockets.size === 0) {
          finish(undefined)
          reject(error)
        }
      })
      if (next < addresses.length) stopTimer = clock.after(ATTEMPT_DELAY, attempt)
    }
    if (signal.aborted) return reject(signal.reason)
    signal.addEventListener('abort', abort)
    attempt()
  })
}

/** Families by turns, beginning with that of the first; only those that can be reached from the local address. */
function inTurn(addresses: readonly Address[], localAddress: string | undefined): Address[] {
  const family = localAddress === undefined ? undefined : isIPv6(localAddress) ? 6 : 4
  const fit = family === undefined ? addresses : addresses.filter((one) => one.family === family)
  if (fit.length < 2) return [...fit]
  const first = fit.filter((one) => one.family === fit[0]!.family)
  const second = fit.filter((one) => one.family !== fit[0]!.family)
  const turns: Address[] = []
  for (let i = 0; i < Math.max(first.length, second.length) && turns.length < MAX_ATTEMPTS; i++) {
    if (first[i] !== undefined) turns.push(first[i]!)
    if (second[i] !== undefined) turns.push(second[i]!)
  }
  return turns
}
