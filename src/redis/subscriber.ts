import { backOff } from './back-off.ts'
import type { Connection } from './connection.ts'
import { closedError, connectError, replyError } from './link-errors.ts'

interface Channel {
  readonly onMessage: (message: string) => void
  readonly onGap: () => void
  /** The first subscription was confirmed. */
  readonly confirmed: () => void
  readonly refused: (error: Error) => void
  heard: boolean
}

/** The connection for messages. It comes back by itself, and says to each channel that it may have missed something. */
export class Subscriber {
  readonly #open: (lost: boolean) => Promise<Connection>
  readonly #channels = new Map<string, Channel>()
  #connection: Connection | undefined
  #tries = 0
  #connecting = false
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(open: (lost: boolean) => Promise<Connection>) {
    this.#open = open
  }

  subscribe(channel: string, onMessage: (message: string) => void, onGap: () => void): Promise<void> {
    if (this.#closed) return Promise.reject(closedError())
    return new Promise((confirmed, refused) => {
      this.#channels.set(channel, { onMessage, onGap, confirmed, refused, heard: false })
      if (this.#connection !== undefined) void this.#subscribe(this.#connection, channel)
      else this.#connect(0)
    })
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#connection?.close()
    for (const { refused } of this.#channels.values()) refused(closedError())
    this.#channels.clear()
  }

  /** Goes to another server, unless it is at this one. */
  move(where: string, why: string): void {
    if (this.#connection !== undefined && this.#connection.where !== where) this.#connection.close(why)
  }

  #connect(delay: number): void {
    if (this.#connecting || this.#closed) return
    this.#connecting = true
    this.#timer = setTimeout(() => this.#tryToConnect(), delay)
  }

  async #tryToConnect(): Promise<void> {
    const lost = this.#tries++ > 0
    const connection = await this.#open(lost).catch(() => undefined)
    this.#connecting = false
    if (this.#closed) return connection?.close()
    // the connection for commands is asked of the same servers, and says what is wrong
    if (connection === undefined) return this.#connect(backOff(this.#tries - 1))
    this.#connection = connection
    connection.onEnd(() => {
      this.#connection = undefined
      this.#connect(backOff(this.#tries))
    })
    for (const channel of this.#channels.keys()) void this.#subscribe(connection, channel)
  }

  async #subscribe(connection: Connection, name: string): Promise<void> {
    const channel = this.#channels.get(name)!
    try {
      await connection.subscribe(name, channel.onMessage)
    } catch (error) {
      // no answer: the next connection asks again
      if (this.#closed || this.#connection !== connection) return
      const refusal = error as Error
      this.#channels.delete(name)
      channel.refused(
        /^[A-Z]/.test(refusal.message)
          ? replyError(refusal, `subscribing to ${name}`)
          : connectError(refusal, connection.where, false),
      )
      return
    }
    this.#tries = 0
    if (channel.heard) channel.onGap()
    else channel.confirmed()
    channel.heard = true
  }
}
