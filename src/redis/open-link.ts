import { readFile } from 'node:fs/promises'
import { SkeinError, UsageError } from '../errors.ts'
import type { Logger } from '../log/contract.ts'
import { backOff } from './back-off.ts'
import { checkRights, NEEDED_COMMANDS } from './check-rights.ts'
import { type Cluster, cluster } from './cluster.ts'
import { Connection, type ConnectOptions, showPlace } from './connection.ts'
import { inTime } from './in-time.ts'
import { keySlot } from './key-slot.ts'
import { Lane } from './lane.ts'
import type { RedisLink } from './link.ts'
import { closedError, connectError } from './link-errors.ts'
import { type HostPort, parseRedisUrl } from './parse-redis-url.ts'
import { sentinels } from './sentinels.ts'
import { checkServer, evictionProblem } from './server-info.ts'
import { Subscriber } from './subscriber.ts'
import { fixedPlace, type Topology } from './topology.ts'
import { TroubleLog, type Troubles } from './trouble-log.ts'

/** Which Redis, and how it is spoken to. */
export interface LinkOptions {
  /** See `parseRedisUrl`: `redis://`, `rediss://`, `unix://`, `redis+sentinel://`, `redis+cluster://`. */
  readonly url: string
  /** A file with the certificates to trust in place of the machine's, in PEM; or the PEM text itself. */
  readonly ca?: string
  /** For name, TCP, TLS, password and the first answer together, in ms. @default 5000 */
  readonly connectTimeout?: number
  /** A server that owes an answer and sends none for so long, in ms, is given up, and connected to again. @default 10000 */
  readonly silence?: number
  readonly log: Logger
  /** Accept a server that deletes keys when it is full. */
  readonly force?: boolean
  /** Hears of troubles in place of the log. */
  readonly troubles?: Troubles
  /** What the user must be allowed to call, in lower case. @default what a frontier calls */
  readonly commands?: readonly string[]
}

/**
 * Connects to a Redis and looks whether a crawl can live there; nothing is written.
 *
 * @throws UsageError `ERR_REDIS_URL`
 * @throws SkeinError `ERR_REDIS_CONNECT` nothing there, or not Redis · `ERR_REDIS_AUTH` password · `ERR_REDIS_TLS` certificate, or TLS with a
 * server that speaks none and the reverse · `ERR_REDIS_VERSION` older than 7.0 · `ERR_REDIS_ROLE` a replica · `ERR_REDIS_MODE` a Cluster or a
 * Sentinel under the URL of a single server and the reverse · `ERR_REDIS_GROUP` unknown to the Sentinels · `ERR_REDIS_EVICTION` it would delete
 * keys when full · `ERR_REDIS_RIGHTS` the user may not do what is needed
 * @example
 * const link = await openLink({ url: 'redis://127.0.0.1:6379', log })
 * await link.run(script, ['{books}:crawl'], ['1'])
 */
export async function openLink(options: LinkOptions): Promise<RedisLink> {
  const url = parseRedisUrl(options.url)
  const { log } = options
  const connectOptions: ConnectOptions = {
    url,
    ca: options.ca === undefined ? undefined : await readAuthority(options.ca),
    connectTimeout: options.connectTimeout ?? 5_000,
    silence: options.silence ?? 10_000,
  }
  const abort = new AbortController()
  const nodes = url.kind === 'cluster' ? cluster(connectOptions, abort.signal) : undefined
  const topology: Topology =
    nodes ?? (url.kind === 'sentinel' ? sentinels(connectOptions, abort.signal) : fixedPlace(url.path ?? url.nodes[0]!))
  const { troubles = new TroubleLog(log), commands = NEEDED_COMMANDS } = options
  const link = new Link(connectOptions, topology, abort, { log, troubles, commands })
  try {
    await link.start(nodes, options.force === true)
    return link
  } catch (error) {
    await link.close()
    throw error
  }
}

/** Attempts to connect at start. */
const START_TRIES = 4

class Link implements RedisLink {
  readonly #options: ConnectOptions
  readonly #topology: Topology
  readonly #abort: AbortController
  readonly #log: Logger
  readonly #trouble: Troubles
  readonly #commands: readonly string[]
  readonly #subscriber: Subscriber
  readonly #listeners: (() => void)[] = []
  /** By slot of the Cluster; without one there is only the lane of slot 0. */
  readonly #lanes = new Map<number, Lane>()
  readonly #connections = new Map<string, Promise<Connection>>()
  readonly #clustered: boolean

  constructor(
    options: ConnectOptions,
    topology: Topology,
    abort: AbortController,
    { log, troubles, commands }: Required<Pick<LinkOptions, 'log' | 'troubles' | 'commands'>>,
  ) {
    this.#options = options
    this.#topology = topology
    this.#abort = abort
    this.#log = log
    this.#trouble = troubles
    this.#commands = commands
    this.#clustered = options.url.kind === 'cluster'
    this.#subscriber = new Subscriber(async (lost) => this.#open(await this.#topology.locate(this.#channelSlot, lost), 1))
  }

  /** Any node of a Cluster hands on all messages; the one that has the crawl is connected to anyway. */
  get #channelSlot(): number {
    return this.#lanes.keys().next().value ?? 0
  }

  async start(nodes: Cluster | undefined, force: boolean): Promise<void> {
    if (nodes !== undefined) {
      const masters = await nodes.masters()
      if (masters.length === 0)
        throw new SkeinError('ERR_REDIS_CONNECT', 'no node of the Redis Cluster has any slots: it is not set up yet')
      for (const place of masters) {
        const connection = await this.#open(place, 1).catch((error: SkeinError) => {
          // one that is being replaced is none of our business as long as others answer
          if (error.code === 'ERR_REDIS_CONNECT' || error.code === 'ERR_REDIS_ROLE' || error.code === 'ERR_REDIS_LOADING')
            return undefined
          throw error
        })
        if (connection === undefined) continue
        try {
          await this.#checkFitness(connection, force)
        } finally {
          connection.close()
        }
      }
      return
    }
    const begin = performance.now()
    const isLate = (): boolean => performance.now() - begin >= this.#options.connectTimeout
    for (let failures = 0; ; failures++) {
      try {
        const connection = await this.#connect(0, false, 1)
        this.#trouble.over('LOADING', 'Redis has loaded its data')
        await this.#checkFitness(connection, force)
        this.#lanes.set(0, new Lane(this.#hostFor(0), connection))
        this.#topology.watch?.((place) => this.#move(showPlace(place)))
        return
      } catch (error) {
        const code = error instanceof SkeinError ? error.code : ''
        if (code === 'ERR_REDIS_LOADING')
          this.#trouble.begin('LOADING', `${(error as SkeinError).message}; waiting until it is done`)
        // a line that breaks just now is no reason to give up, a wrong address should be told of soon
        else if (code !== 'ERR_REDIS_CONNECT' || failures >= START_TRIES - 1 || this.#abort.signal.aborted || isLate())
          throw error
        await new Promise((resolve) => setTimeout(resolve, backOff(failures)))
      }
    }
  }

  #move(where: string): void {
    const why = `the master is at ${where} now`
    for (const [key, opening] of this.#connections) {
      if (key !== where) opening.then((connection) => connection.close(why)).catch(() => undefined)
    }
    this.#subscriber.move(where, why)
  }

  run: RedisLink['run'] = (script, keys, args) =>
    this.#lane(keys[0] ?? '').call(['EVALSHA', script.sha, String(keys.length), ...keys, ...args], script)

  command: RedisLink['command'] = (key, args) => this.#lane(key).call(args, undefined)

  subscribe: RedisLink['subscribe'] = (channel, onMessage, onGap) => this.#subscriber.subscribe(channel, onMessage, onGap)

  onServerChanged: RedisLink['onServerChanged'] = (listener) => {
    this.#listeners.push(listener)
  }

  async close(): Promise<void> {
    this.#abort.abort()
    for (const lane of this.#lanes.values()) lane.close()
    this.#subscriber.close()
    for (const connection of this.#connections.values()) void connection.then((open) => open.close()).catch(() => undefined)
  }

  #lane(key: string): Lane | ClosedLane {
    if (this.#abort.signal.aborted) return closedLane
    const slot = this.#clustered ? keySlot(key) : 0
    let lane = this.#lanes.get(slot)
    if (lane === undefined) this.#lanes.set(slot, (lane = new Lane(this.#hostFor(slot))))
    return lane
  }

  #hostFor(slot: number): ConstructorParameters<typeof Lane>[0] {
    return {
      connect: (lost, patience) => this.#connect(slot, lost, patience),
      release: (connection) => {
        if (--connection.users === 0) connection.close()
      },
      moved: (place) => this.#topology.moved(slot, place),
      changed: () => {
        this.#log.info('another Redis answers than before, or one that was started again: what was written last may be gone')
        for (const listener of this.#listeners) listener()
      },
      trouble: this.#trouble,
    }
  }

  /** The lanes of slots at one node share its connection. */
  async #connect(slot: number, lost: boolean, patience: number): Promise<Connection> {
    const place = await this.#topology.locate(slot, lost)
    const key = typeof place === 'string' ? place : showPlace(place)
    let opening = this.#connections.get(key)
    if (opening === undefined) {
      opening = this.#open(place, patience)
      this.#connections.set(key, opening)
      const forget = (): void => {
        if (this.#connections.get(key) === opening) this.#connections.delete(key)
      }
      opening.then((connection) => connection.onEnd(forget), forget)
    }
    const connection = await opening
    connection.users++
    return connection
  }

  async #open(place: HostPort | string, patience: number): Promise<Connection> {
    const options = { ...this.#options, silence: this.#options.silence * patience }
    const connection = await Connection.open(place, options, this.#abort.signal)
    try {
      checkServer(connection.info, options.url.kind, connection.where)
      if (this.#abort.signal.aborted) throw closedError()
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  }

  async #checkFitness(connection: Connection, force: boolean): Promise<void> {
    const { where } = connection
    await inTime(
      checkRights((args) => connection.ask(args), where, this.#commands),
      this.#options.connectTimeout,
    ).catch((error: unknown) => {
      throw connectError(error, where, this.#options.url.tls)
    })
    const problem = evictionProblem(connection.info, where)
    if (problem === undefined) return
    if (!force) throw new SkeinError('ERR_REDIS_EVICTION', `${problem} (--force takes it as it is)`)
    this.#log.warn(problem)
  }
}

async function readAuthority(ca: string): Promise<string> {
  const begin = '-----BEGIN CERTIFICATE-----'
  if (ca.includes(begin)) return ca
  const text = await readFile(ca, 'utf8').catch((cause: unknown) => {
    throw new UsageError('ERR_REDIS_TLS', `the file with the CA to trust, ${ca}, cannot be read`, { cause })
  })
  if (text.includes(begin)) return text
  throw new UsageError('ERR_REDIS_TLS', `${ca} holds no certificate in PEM, which begins with ${begin}`)
}

interface ClosedLane {
  call(): Promise<never>
}

const closedLane: ClosedLane = { call: () => Promise.reject(closedError()) }
