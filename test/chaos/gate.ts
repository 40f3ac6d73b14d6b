import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Calls that a late repetition comes behind. */
const LATE = 5

/** A virtual address in front of Redis that reads what goes through it. */
export interface Gate {
  readonly port: number
  /** Scripts that were sent a second time. */
  readonly repeated: number
  /** Sends new connections to another server, and resets those that are open. */
  moveTo(port: number): void
  /**
   * From now on every script call is sent twice: every second one again at once, the others behind those that follow. Whoever called hears the
   * first answer only, as when a line breaks and what it still held arrives behind what was sent on another line since.
   */
  repeatScripts(): void
  close(): Promise<void>
}

/** Starts a gate on loopback to a Redis on loopback. */
export async function startGate(target: number): Promise<Gate> {
  const lines = new Set<readonly [Socket, Socket]>()
  let to = target
  let repeating = false
  let repeated = 0

  const server = createServer({ noDelay: true }, (client) => {
    const redis = connect({ port: to, host: '127.0.0.1', noDelay: true })
    const line = [client, redis] as const
    lines.add(line)
    // for each command under way, whether its reply is for the client
    const wanted: boolean[] = []
    const late: { readonly command: Buffer; after: number }[] = []
    let calls = 0
    const again = (command: Buffer): void => {
      repeated++
      redis.write(command)
      wanted.push(false)
    }
    const commands = reader((command) => {
      redis.write(command)
      wanted.push(true)
      if (!repeating || !/^\*\d+\r\n\$\d+\r\nEVAL/i.test(command.toString('latin1', 0, 24))) return
      for (const one of late) if (--one.after === 0) again(one.command)
      while (late[0]?.after === 0) late.shift()
      if (calls++ % 2 === 0) again(command)
      else late.push({ command, after: LATE })
    })
    const replies = reader((reply) => {
      // what is pushed answers nothing; neither does a message to a subscriber of the older protocol
      const isReply = reply[0] !== 0x3e && wanted.length > 0
      if (!isReply || wanted.shift()) client.write(reply)
    })
    client.on('data', commands)
    redis.on('data', replies)
    for (const socket of line) {
      socket.on('error', () => undefined)
      socket.on('close', () => {
        lines.delete(line)
        client.destroy()
        redis.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = (): void => {
    for (const [client, redis] of lines) {
      client.resetAndDestroy()
      redis.destroy()
    }
  }
  return {
    port: (server.address() as AddressInfo).port,
    get repeated() {
      return repeated
    },
    moveTo(port) {
      to = port
      cut()
    },
    repeatScripts() {
      repeating = true
    },
    close() {
      cut()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** Gives whole messages out of chunks. */
function reader(onMessage: (message: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (let end = valueEnd(data, 0); end !== -1; end = valueEnd(data, 0)) {
      onMessage(data.subarray(0, end))
      data = data.subarray(end)
    }
    rest = Buffer.from(data)
  }
}

/** Where the value that begins at `at` ends, in RESP 2 and 3; -1: it is not whole yet. */
function valueEnd(data: Buffer, at: number): number {
  const line = data.indexOf('\r\n', at)
  if (line === -1) return -1
  const type = String.fromCharCode(data[at]!)
  let end = line + 2
  if ('$=!'.includes(type)) {
    const length = Number(data.toString('latin1', at + 1, line))
    if (length >= 0) end += length + 2
    return end <= data.length ? end : -1
  }
  if (!'*~>%|'.includes(type)) return end
  let count = Number(data.toString('latin1', at + 1, line)) * (type === '%' || type === '|' ? 2 : 1)
  // an attribute stands in front of the value it belongs to
  if (type === '|') count++
  for (let i = 0; i < count; i++) {
    end = valueEnd(data, end)
    if (end === -1) return -1
  }
  return end
}
