import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { BSON } from 'mongodb'

/** A line to a MongoDB that hears which commands are sent, and answers some of them itself. */
export interface MongoProxy {
  readonly port: number
  /** The names of the commands so far, those of `ignored` left out. */
  readonly commands: string[]
  close(): Promise<void>
}

const OP_MSG = 2013
/** What a driver says of itself. */
const ignored = new Set(['hello', 'ping', 'buildInfo', 'endSessions', 'saslStart', 'saslContinue'])

/**
 * Starts it on loopback. `answer` is asked for each command, by name; what it gives is the reply, and the server hears nothing of the command.
 *
 * @example
 * const proxy = await startMongoProxy(mongo.port, (name) => (name === 'find' ? { ok: 0, code: 13, errmsg: 'not authorized' } : undefined))
 */
export async function startMongoProxy(
  targetPort: number,
  answer: (name: string) => object | undefined = () => undefined,
): Promise<MongoProxy> {
  const commands: string[] = []
  const sockets = new Set<Socket>()

  function hear(message: Buffer, client: Socket, upstream: Socket): void {
    const name = message.readInt32LE(12) === OP_MSG ? commandOf(message) : undefined
    if (name !== undefined && !ignored.has(name)) commands.push(name)
    const reply = name === undefined ? undefined : answer(name)
    if (reply === undefined) upstream.write(message)
    else client.write(replyTo(message, reply))
  }

  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: targetPort, host: '127.0.0.1', noDelay: true })
    let left: Buffer = Buffer.alloc(0)
    client.on('data', (chunk: Buffer) => {
      left = Buffer.concat([left, chunk])
      while (left.length >= 4 && left.length >= left.readInt32LE(0)) {
        const length = left.readInt32LE(0)
        hear(left.subarray(0, length), client, upstream)
        left = left.subarray(length)
      }
    })
    upstream.pipe(client)
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    port: (server.address() as AddressInfo).port,
    commands,
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** The first field of the body, which is the section of kind 0; lists of documents may stand before it. */
function commandOf(message: Buffer): string | undefined {
  for (let at = 20; at < message.length; at += 1 + message.readInt32LE(at + 1)) {
    if (message[at] !== 0) continue
    const body = message.subarray(at + 1, at + 1 + message.readInt32LE(at + 1))
    return Object.keys(BSON.deserialize(body))[0]
  }
  return undefined
}

function replyTo(message: Buffer, reply: object): Buffer {
  const body = BSON.serialize(reply)
  const head = Buffer.alloc(21)
  head.writeInt32LE(head.length + body.length, 0)
  // the id of what is answered
  head.writeInt32LE(message.readInt32LE(4), 8)
  head.writeInt32LE(OP_MSG, 12)
  return Buffer.concat([head, body])
}
