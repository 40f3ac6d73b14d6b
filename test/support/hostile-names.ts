import { createSocket } from 'node:dgram'

/** A name server that says what the test says, and may say something else the next time. */
export interface Names {
  /** For `dnsServers`. */
  readonly server: string
  /** Name to IPv4 address. A name that is absent does not exist; one that is empty is never answered. */
  readonly zone: Record<string, string>
  /** Names that were asked for, A records only. */
  readonly asked: readonly string[]
  close(): Promise<void>
}

/** Starts one on loopback. Its answers may be kept for `ttl` seconds. */
export async function startNames(zone: Record<string, string>, ttl = 0): Promise<Names> {
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    let end = 12
    const labels: string[] = []
    while (query[end] !== 0) {
      const length = query[end]!
      labels.push(query.toString('latin1', end + 1, end + 1 + length))
      end += length + 1
    }
    const name = labels.join('.').toLowerCase()
    const type = query.readUInt16BE(end + 1)
    if (type === 1) asked.push(name)
    const address = zone[name]
    if (address === '') return
    const question = query.subarray(12, end + 5)
    const head = Buffer.alloc(12)
    head.writeUInt16BE(query.readUInt16BE(0), 0)
    // an answer, recursion there; NXDOMAIN where nobody knows the name
    head.writeUInt16BE(address === undefined ? 0x8183 : 0x8180, 2)
    head.writeUInt16BE(1, 4)
    const record = address !== undefined && type === 1
    head.writeUInt16BE(record ? 1 : 0, 6)
    const answer = Buffer.alloc(16)
    answer.writeUInt16BE(0xc00c, 0)
    answer.writeUInt16BE(1, 2)
    answer.writeUInt16BE(1, 4)
    answer.writeUInt32BE(ttl, 6)
    answer.writeUInt16BE(4, 10)
    if (record) answer.set(address.split('.').map(Number), 12)
    socket.send(Buffer.concat(record ? [head, question, answer] : [head, question]), from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return {
    server: `127.0.0.1:${socket.address().port}`,
    zone,
    asked,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}
