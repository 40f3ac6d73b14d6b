import { SkeinError } from '../errors.ts'
import { backOff } from './back-off.ts'
import type { Connection } from './connection.ts'
import { closedError, firstWord, replyError } from './link-errors.ts'
import type { LuaScript } from './lua-script.ts'
import { type Refusal, refusalOf } from './refusals.ts'
import type { Troubles } from './trouble-log.ts'

/** What a lane needs of the link. */
export interface LaneHost {
  /**
   * Finds the server, connects and looks whether it is fit. `lost`: what was known of its place may be out of date. `patience`: how many
   * times longer than usual it may be silent.
   */
  connect(lost: boolean, patience: number): Promise<Connection>
  release(connection: Connection): void
  /** The slot has moved; `place` is what the server said. */
  moved(place: string): void
  /** Another server answers than before. */
  changed(): void
  readonly trouble: Troubles
}

const CONNECTION = 'connection'

/**
 * The calls to one server, or to the node that has one slot of a Cluster. While there is no connection they wait, in their order; what was
 * sent and not answered waits again.
 */
export class Lane {
  readonly #host: LaneHost
  #connection: Connection | undefined
  /** Who answered last, as far as it was told. */
  #identity: string | undefined
  #waiting: Call[] = []
  /** Refused for now; sent again together. */
  #refused: Call[] = []
  /** How many calls each trouble has. */
  readonly #troubles = new Map<string, number>()
  /** Tries to get a connection since the last answer. */
  #tries = 0
  /** Rounds of refusals without an answer between them. */
  #rounds = 0
  /** How often in a row a server fell silent. A slow line needs long for a long answer, and would need it again. */
  #silences = 0
  #connecting = false
  #again: NodeJS.Timeout | undefined
  #reconnect: NodeJS.Timeout | undefined
  #closed = false

  /** `first`, if there is one already, was connected and looked at. */
  constructor(host: LaneHost, first?: Connection) {
    this.#host = host
    if (first !== undefined) this.#use(first)
  }

  call(args: readonly string[], script: LuaScript | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const call = new Call(this, args, script, resolve, reject)
      if (this.#connection !== undefined) this.#connection.send(args, call)
      else this.#wait(call)
    })
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#again)
    clearTimeout(this.#reconnect)
    this.#connection?.close()
    this.#connection = undefined
    for (const call of [...this.#waiting.splice(0), ...this.#refused.splice(0)]) call.reject(closedError())
  }

  /** @internal */
  answered(call: Call): void {
    this.#tries = 0
    if (call.trouble !== undefined) this.#relieved(call)
  }

  /** @internal */
  lost(call: Call): void {
    this.#wait(call)
  }

  /** @internal The server said no. */
  refusedBy(call: Call, connection: Connection, error: Error): void {
    const word = firstWord(error.message)
    const refusal = refusalOf(error)
    if (this.#closed) call.reject(closedError())
    else if (word === 'NOSCRIPT' && call.script !== undefined && !call.withSource) this.#sendSource(call, call.script)
    else if (word === 'MOVED') {
      this.#host.moved(error.message.split(' ')[2] ?? '')
      this.#leave(call, connection, this.#tries <= 1 ? 0 : backOff(this.#tries))
    } else if (refusal === undefined) {
      this.answered(call)
      call.reject(replyError(error, call.what))
    } else {
      this.#troubled(call, refusal, error)
      if (refusal[1].elsewhere) this.#leave(call, connection, backOff(this.#tries))
      else {
        this.#refused.push(call)
        this.#again ??= setTimeout(() => this.#sendAgain(), backOff(this.#rounds++))
      }
    }
  }

  /** Sends a call, or keeps it until there is a connection. */
  #wait(call: Call): void {
    call.withSource = false
    if (this.#closed) call.reject(closedError())
    else if (this.#connection !== undefined) this.#connection.send(call.args, call)
    else {
      this.#waiting.push(call)
      this.#connect(this.#tries === 0 ? 0 : backOff(this.#tries))
    }
  }

  /** The server does not know the script: after this it does. */
  #sendSource(call: Call, script: LuaScript): void {
    if (this.#connection === undefined) this.#wait(call)
    else {
      call.withSource = true
      this.#connection.send(['EVAL', script.source, ...call.args.slice(2)], call)
    }
  }

  /** Gives up the connection, if it still is the one that said so, and waits for another. */
  #leave(call: Call, connection: Connection, delay: number): void {
    if (connection === this.#connection) {
      this.#connection = undefined
      this.#connect(delay)
      this.#host.release(connection)
    }
    this.#wait(call)
  }

  #connect(delay: number): void {
    if (this.#connecting || this.#closed) return
    this.#connecting = true
    this.#reconnect = setTimeout(() => this.#tryToConnect(), delay)
  }

  async #tryToConnect(): Promise<void> {
    const lost = this.#tries++ > 0
    try {
      const connection = await this.#host.connect(lost, 2 ** Math.min(this.#silences, 4))
      this.#connecting = false
      if (this.#closed) return this.#host.release(connection)
      this.#use(connection)
    } catch (error) {
      this.#connecting = false
      if (this.#closed) return
      const { message, code } = error as SkeinError
      // that nothing is there is what was to be expected after a break
      const cause = code === 'ERR_REDIS_CONNECT' ? CONNECTION : code
      this.#host.trouble.begin(CONNECTION, `no Redis: ${message}. Waiting; the crawl goes on when it is back`, cause)
      this.#connect(backOff(this.#tries - 1))
    }
  }

  #use(connection: Connection): void {
    const { identity } = connection.info
    const changed = this.#identity !== undefined && this.#identity !== identity
    this.#identity = identity
    this.#connection = connection
    connection.onEnd((error) => {
      if (this.#connection !== connection) return
      this.#connection = undefined
      if (this.#closed) return
      const silent = error instanceof SkeinError && error.code === 'ERR_REDIS_SILENT'
      this.#silences = silent ? (connection.quiet ? 1 : this.#silences + 1) : 0
      this.#host.trouble.begin(
        CONNECTION,
        `the connection to Redis at ${connection.where} is lost: ${error.message}. Trying again`,
      )
      this.#connect(backOff(this.#tries))
    })
    this.#host.trouble.over(CONNECTION, `Redis at ${connection.where} answers again`)
    if (changed) this.#host.changed()
    const waiting = this.#waiting
    this.#waiting = []
    for (const call of waiting) {
      if (this.#connection === undefined) this.#waiting.push(call)
      else this.#connection.send(call.args, call)
    }
  }

  #sendAgain(): void {
    this.#again = undefined
    for (const call of this.#refused.splice(0)) this.#wait(call)
  }

  #troubled(call: Call, [kind, refusal]: readonly [string, Refusal], error: Error): void {
    if (call.trouble === kind) return
    if (call.trouble !== undefined) this.#relieved(call)
    call.trouble = kind
    call.refusal = refusal
    this.#troubles.set(kind, (this.#troubles.get(kind) ?? 0) + 1)
    this.#host.trouble.begin(
      kind,
      refusal.begins.replace('{}', () => error.message.trim()),
    )
  }

  #relieved(call: Call): void {
    this.#rounds = 0
    const kind = call.trouble!
    const left = this.#troubles.get(kind)! - 1
    this.#troubles.set(kind, left)
    if (left === 0) this.#host.trouble.over(kind, call.refusal!.over)
    call.trouble = undefined
  }
}

/** One call, until it is answered for good. */
class Call {
  readonly args: readonly string[]
  readonly script: LuaScript | undefined
  readonly resolve: (reply: unknown) => void
  readonly reject: (error: Error) => void
  withSource = false
  trouble: string | undefined
  refusal: Refusal | undefined
  readonly #lane: Lane

  constructor(
    lane: Lane,
    args: readonly string[],
    script: LuaScript | undefined,
    resolve: (reply: unknown) => void,
    reject: (error: Error) => void,
  ) {
    this.#lane = lane
    this.args = args
    this.script = script
    this.resolve = resolve
    this.reject = reject
  }

  get what(): string {
    return this.script === undefined ? this.args[0]! : `script ${this.script.name}`
  }

  onReply(reply: unknown): void {
    this.#lane.answered(this)
    this.resolve(reply)
  }

  onRefusal(error: Error, connection: Connection): void {
    this.#lane.refusedBy(this, connection, error)
  }

  onLost(): void {
    this.#lane.lost(this)
  }
}
