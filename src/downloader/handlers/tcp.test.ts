import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { failure } from '../../../test/support/download.ts'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import type { Address } from './dns-cache.ts'
import { connectTcp } from './tcp.ts'

const v4 = (last: number): Address => ({ address: `10.0.0.${last}`, family: 4 })
const v6 = (last: number): Address => ({ address: `fd00::${last}`, family: 6 })

class FakeSocket extends EventEmitter {
  destroyed = false
  readonly to: string
  constructor(to: string) {
    super()
    this.to = to
  }
  destroy(): void {
    this.destroyed = true
  }
}

function connecting(
  addresses: readonly Address[],
  localAddress?: string,
): { sockets: FakeSocket[]; clock: FakeClock; stop: AbortController; outcome: Promise<Socket> } {
  const sockets: FakeSocket[] = []
  const clock = new FakeClock()
  const stop = new AbortController()
  const outcome = connectTcp({ addresses, port: 80, localAddress }, clock, stop.signal, ({ host }) => {
    const socket = new FakeSocket(host!)
    sockets.push(socket)
    return socket as unknown as Socket
  })
  outcome.catch(() => undefined)
  return { sockets, clock, stop, outcome }
}

const tried = (sockets: FakeSocket[]): string[] => sockets.map(({ to }) => to)

it('tries the next address after a quarter of a second, of the other family first, and goes on with the one before', async () => {
  const { sockets, clock, outcome } = connecting([v6(1), v6(2), v4(1)])
  expect(tried(sockets)).toEqual(['fd00::1'])
  clock.advance(249)
  expect(sockets).toHaveLength(1)
  clock.advance(1)
  expect(tried(sockets)).toEqual(['fd00::1', '10.0.0.1'])
  clock.advance(250)
  expect(tried(sockets)).toEqual(['fd00::1', '10.0.0.1', 'fd00::2'])
  // the first was only slow
  sockets[0]!.emit('connect')
  expect(await outcome).toBe(sockets[0])
  expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false, true, true])
  expect(clock.pending).toBe(0)
})

it('tries the next at once when one fails, and says why the last one did', async () => {
  const { sockets, clock, outcome } = connecting([v6(1), v4(1)])
  sockets[0]!.emit('error', new Error('ENETUNREACH'))
  expect(tried(sockets)).toEqual(['fd00::1', '10.0.0.1'])
  sockets[1]!.emit('error', new Error('ECONNREFUSED'))
  expect((await failure(outcome)).message).toBe('ECONNREFUSED')
  expect(clock.pending).toBe(0)
})

it('leaves nothing behind when it is given up', async () => {
  const { sockets, clock, stop, outcome } = connecting([v6(1), v4(1), v4(2)])
  clock.advance(250)
  stop.abort(new Error('late'))
  expect((await failure(outcome)).message).toBe('late')
  expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, true])
  clock.advance(10_000)
  expect(sockets).toHaveLength(2)
})

it('opens ten sockets at most', () => {
  const { sockets, clock } = connecting(Array.from({ length: 200 }, (_, i) => v4(i)))
  clock.advance(60_000)
  expect(sockets).toHaveLength(10)
})

it('uses addresses of the local address’s kind only', async () => {
  const { sockets } = connecting([v6(1), v4(1)], '127.0.0.2')
  expect(tried(sockets)).toEqual(['10.0.0.1'])
  const { outcome } = connecting([v6(1)], '127.0.0.2')
  expect(await failure(outcome)).toMatchObject({
    kind: 'ERR_CONNECT',
    message: expect.stringContaining('localAddress (127.0.0.2)'),
  })
})

it('survives an error of a socket that has lost', async () => {
  const { sockets, clock, outcome } = connecting([v6(1), v4(1)])
  clock.advance(250)
  sockets[1]!.emit('connect')
  sockets[0]!.emit('error', new Error('too late'))
  sockets[1]!.emit('error', new Error('later'))
  expect(await outcome).toBe(sockets[1])
})
