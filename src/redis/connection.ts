import { SkeinError } from '../errors.ts'
import { connectError, noTlsError } from './link-errors.ts'
import type { HostPort, RedisUrl } from './parse-redis-url.ts'
import { readServerInfo, type ServerInfo } from './server-info.ts'
import { speaksPlainly } from './speaks-plainly.ts'

/** How servers are connected to. */
export interface ConnectOptions {
  readonly url: RedisUrl
  readonly ca: string | undefined
  /** For all of it: name, TCP, TLS, password and the first answer. In ms. */
  readonly connectTimeout: number
  /** A server that owes answers and sends none for so many ms is given up. */
  readonly silence: number
}

/** What waits for an answer. */
export interface Answered {
  onReply(reply: unknown): void
  /** The server answered with an error. */
  onRefusal(error: Error, by: Connection): void
  /** No answer will come; whether the server did what was asked is not known. */
  onLost(): void
}

const TICKS = 4

/**
 * One connection to one server, from the handshake to its end. It does not come back: what breaks is replaced by a new one, whose server is
 * looked at before anybody speaks to it.
 *
 * The client's own socket timeout is not used: it counts writing as a sign of life, so that a worker that goes on asking a dead server
 * would never notice. Here answers count.
 */
export class Connection {
  readonly where: string
  readonly info: ServerInfo
  /** How many use it; who takes the last one away closes it. */
  users = 0
  /** Whether there was a moment at which it owed nothing: then it is fast enough for what it is asked. */
  quiet = false
  readonly #client: Client
  readonly #ErrorReply: new (
    ...args: never
  ) => Error
  readonly #onEnd: ((error: Error) => void)[] = []
  readonly #watch: NodeJS.Timeout
  #sent = 0
  #answered = 0
  #ended: Error | undefined

  private constructor(parts: Parts, info: ServerInfo, silence: number) {
    this.where = parts.where
    this.info = info
    this.#client = parts.client
    this.#ErrorReply = parts.ErrorReply
    parts.client.on('terminated', (error) => this.#end(error instanceof Error ? error : new Error(String(error))))
    parts.client.on('error', (error) => this.#end(error))
    let answered = 0
    let silent = 0
    this.#watch = setInterval(() => {
      if (this.#sent === this.#answered) {
        silent = 0
        this.quiet = true
        this.send(['PING'], IGNORED)
      } else if (answered !== this.#answered) silent = 0
      else if (++silent >= TICKS) this.#end(new SkeinError('ERR_REDIS_SILENT', `no answer for ${silence / 1000} s`))
      answered = this.#answered
    }, silence / TICKS)
    this.#watch.unref()
  }

  /**
   * Connects, identifies itself, and asks the server who it is. Rejects with a SkeinError that says what was wrong; never takes longer than
   * the time given.
   */
  static async open(place: HostPort | string, options: ConnectOptions, signal: AbortSignal): Promise<Connection> {
    const { createClient, ErrorReply } = await import('./redis-client.ts')
    const { url } = options
    const where = typeof place === 'string' ? place : showPlace(place)
    const client: Client = createClient({
      RESP: 2,
      socket: {
        ...(typeof place === 'string' ? { path: place } : { host: place.host, port: place.port }),
        ...(url.tls ? { tls: true as const, ...(options.ca === undefined ? {} : { ca: options.ca }) } : {}),
        connectTimeout: options.connectTimeout,
        reconnectStrategy: false,
      },
      ...(url.username === undefined ? {} : { username: url.username }),
      ...(url.password === undefined ? {} : { password: url.password }),
      database: url.database,
      disableClientInfo: true,
      maintNotifications: 'disabled',
      commandOptions: { timeout: 0 },
    })
    try {
      const info = await handshake(client, options.connectTimeout, signal)
      return new Connection({ client, ErrorReply, where }, info, options.silence)
    } catch (error) {
      client.destroy()
      // the library goes on with a socket that was still connecting
      client.on('connect', () => client.destroy())
      if (url.tls && error instanceof NoAnswer && typeof place !== 'string' && (await speaksPlainly(place, PROBE_TIMEOUT))) {
        throw noTlsError(where)
      }
      throw connectError(error, where, url.tls)
    }
  }

  /** Calls go out in the order in which they are made; those of one turn of the event loop in one write. */
  send(args: readonly string[], call: Answered): void {
    this.#sent++
    this.#client.sendCommand(args).then(
      (reply) => {
        this.#answered++
        call.onReply(reply)
      },
      (error: Error) => {
        this.#answered++
        // a TypeError: the library's encoder was given something else than texts
        const refused: boolean = error instanceof TypeError || error instanceof this.#ErrorReply
        if (refused) call.onRefusal(error, this)
        else call.onLost()
      },
    )
  }

  /** Sends one command and hands out its answer as it is. */
  ask(args: readonly string[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.send(args, {
        onReply: resolve,
        onRefusal: reject,
        onLost: () => reject(this.#ended ?? new Error('Socket closed unexpectedly')),
      })
    })
  }

  subscribe(channel: string, onMessage: (message: string) => void): Promise<void> {
    this.#sent++
    return this.#client.subscribe(channel, onMessage).finally(() => this.#answered++)
  }

  /** Calls `listener` once, when the connection is over, whoever ended it. */
  onEnd(listener: (error: Error) => void): void {
    if (this.#ended !== undefined) listener(this.#ended)
    else this.#onEnd.push(listener)
  }

  /** Ends it at once: what waits for an answer is told that none will come. */
  close(why = 'closed'): void {
    this.#end(new Error(why))
  }

  #end(error: Error): void {
    if (this.#ended !== undefined) return
    this.#ended = error
    clearInterval(this.#watch)
    for (const listener of this.#onEnd) listener(error)
    this.#client.destroy()
  }
}

/** Host and port as in a URL. */
export const showPlace = ({ host, port }: HostPort): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)

interface Parts {
  readonly client: Client
  readonly ErrorReply: new (...args: never) => Error
  readonly where: string
}

/** What is used of the library's client. */
interface Client {
  connect(): Promise<unknown>
  sendCommand(args: readonly string[]): Promise<unknown>
  subscribe(channel: string, listener: (message: string) => void): Promise<void>
  destroy(): void
  on(event: 'error' | 'terminated' | 'connect', listener: (error: Error) => void): unknown
  ref(): void
  unref(): void
}

class NoAnswer extends Error {}

const PROBE_TIMEOUT = 1_000

const IGNORED: Answered = { onReply: () => undefined, onRefusal: () => undefined, onLost: () => undefined }

async function handshake(client: Client, deadline: number, signal: AbortSignal): Promise<ServerInfo> {
  let timer: NodeJS.Timeout | undefined
  let onAbort: (() => void) | undefined
  const failed = new Promise<never>((_, reject) => {
    // what is not Redis makes the library's reader throw, and its client wait
    client.on('error', reject)
    timer = setTimeout(() => reject(new NoAnswer(`no answer within ${deadline / 1000} s`)), deadline)
    onAbort = () => reject(new Error('closed'))
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
  })
  // a socket that is given up while it connects must not keep the process; the timer does so while it is wanted
  client.unref()
  const connected = (async () => {
    await client.connect()
    client.ref()
    return readServerInfo(String(await client.sendCommand(['INFO'])))
  })()
  connected.catch(() => undefined)
  failed.catch(() => undefined)
  try {
    return await Promise.race([connected, failed])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort!)
  }
}
