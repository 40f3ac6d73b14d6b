import { createSocket } from 'node:dgram'
import type { AddressInfo } from 'node:net'

/** What a name server says to a question. */
export interface DnsAnswer {
  /** IPv4 addresses of the name. */
  readonly a?: readonly string[]
  /** IPv6 addresses, written with all eight groups. */
  readonly aaaa?: readonly string[]
  /** Seconds. @default 60 */
  readonly ttl?: number
  /** In place of records. */
  readonly fails?: 'NXDOMAIN' | 'SERVFAIL'
}

/** A real name server on loopback. */
export interface DnsServer {
  /** As `dnsServers` wants it. */
  readonly address: string
  /** The questions that were asked, as in `A name`. */
  readonly asked: string[]
  close(): Promise<void>
}

const CODES = { NXDOMAIN: 3, SERVFAIL: 2 }

/** Starts a name server. `answer` is called with each name; undefined: it says nothing. */
export async function dnsServer(answer: (name: string) => DnsAnswer | undefined): Promise<DnsServer> {
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const labels: string[] = []
    let at = 12
    for (; query[at] !== 0; at += query[at]! + 1) labels.push(query.toString('latin1', at + 1, at + 1 + query[at]!))
    const type = query.readUInt16BE(at + 1)
    const name = labels.join('.')
    asked.push(`${type === 28 ? 'AAAA' : 'A'} ${name}`)
    const said = answer(name.toLowerCase())
    if (said === undefined) return
    const addresses = (said.fails !== undefined ? [] : type === 28 ? said.aaaa : said.a) ?? []
    const head = Buffer.alloc(12)
    query.copy(head, 0, 0, 2)
    head.writeUInt16BE(0x8180 + (said.fails === undefined ? 0 : CODES[said.fails]), 2)
    head.writeUInt16BE(1, 4)
    head.writeUInt16BE(addresses.length, 6)
    const records = addresses.map((address) => {
      const bytes =
        type === 28
          ? Buffer.from(
              address
                .split(':')
                .map((group) => group.padStart(4, '0'))
                .join(''),
              'hex',
            )
          : Buffer.from(address.split('.').map(Number))
      const record = Buffer.alloc(12)
      record.writeUInt16BE(0xc00c, 0)
      record.writeUInt16BE(type, 2)
      record.writeUInt16BE(1, 4)
      record.writeUInt32BE(said.ttl ?? 60, 6)
      record.writeUInt16BE(bytes.length, 10)
      return Buffer.concat([record, bytes])
    })
    socket.send(Buffer.concat([head, query.subarray(12, at + 5), ...records]), from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${(socket.address() as AddressInfo).port}`,
    asked,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}
