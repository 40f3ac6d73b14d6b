import { Socket } from 'node:net'
import type * as driver from 'pg'
import { UsageError } from '../../errors.ts'
import type { Clock } from '../../util/clock.ts'
import { within } from '../../util/within.ts'
import { StoreError } from '../store/store-error.ts'
import { postgresError } from './postgres-error.ts'

/** Milliseconds for a connection to be there, and for its first answer. */
const CONNECT = 5_000
/** Milliseconds that the driver waits longer for an answer than the server works on it. */
const GRACE = 1_000
/** Milliseconds that a goodbye may take. */
const PATIENCE = 2_000

/** Runs a statement. @throws StoreError */
export type Query = <Row extends object = Record<string, unknown>>(
  text: string,
  values?: readonly unknown[],
) => Promise<readonly Row[]>

/** What is used of the driver. */
export type PostgresDriver = Pick<typeof driver, 'Client' | 'DatabaseError'>

/** How the server is spoken to. */
export interface LinkOptions {
  readonly url: string
  /** Names the server in messages, without credentials. */
  readonly where: string
  /** Milliseconds for one statement. */
  readonly deadline: number
  readonly given: Readonly<Record<string, unknown>>
}

interface Line {
  readonly client: driver.Client
  readonly socket: Socket
  /** Names what serves it: the process and when it began, since numbers of processes come again. */
  readonly server: readonly [pid: number, since: string]
  /** A statement is on its way. */
  busy: boolean
}

/**
 * One connection to PostgreSQL, made when it is needed and made anew after it broke. What was on its way when it broke may still arrive: before
 * anything else is sent, the server is told to end what the old connection left there, or an old row could overwrite a newer one.
 */
export class PostgresLink {
  readonly #driver: PostgresDriver
  readonly #options: LinkOptions
  readonly #clock: Clock
  #line: Line | undefined
  /** What an old connection may have left at the server. */
  #doubtful: Line['server'] | undefined
  #until = 0
  #closed = false

  constructor(pg: PostgresDriver, options: LinkOptions, clock: Clock) {
    this.#driver = pg
    this.#options = options
    this.#clock = clock
  }

  /**
   * Lets `work` speak to the server. No statement is begun that would be later than twice the deadline.
   *
   * @throws StoreError
   */
  async use<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const { deadline, where } = this.#options
    this.#until = this.#clock.now() + 2 * deadline
    const line = (this.#line ??= await this.#connect())
    return work(async <Row extends object>(text: string, values: readonly unknown[] = []) => {
      if (this.#clock.now() > this.#until)
        throw new StoreError('ERR_STORE_SLOW', `${where} did not answer within ${(2 * deadline) / 1000} s`)
      return this.#send<Row>(line, text, values)
    })
  }

  /** Says goodbye, if the server listens. */
  async close(): Promise<void> {
    this.#closed = true
    const line = this.#line
    this.#line = undefined
    if (line === undefined) return
    await within(line.client.end(), PATIENCE, this.#clock).catch(() => {})
    line.socket.destroy()
  }

  async #send<Row extends object>(line: Line, text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    line.busy = true
    try {
      const { rows } = await line.client.query<Row & driver.QueryResultRow>(text, [...values])
      line.busy = false
      return rows
    } catch (thrown) {
      const error = postgresError(thrown, this.#options.where)
      // an answer leaves the connection as it was, unless it says that it ends it
      const answered = thrown instanceof this.#driver.DatabaseError && thrown.severity !== 'FATAL'
      if (answered) line.busy = false
      else this.#drop(line)
      throw error
    }
  }

  #drop(line: Line): void {
    if (this.#line === line) this.#line = undefined
    if (line.busy) this.#doubtful = line.server
    line.busy = false
    line.socket.destroy()
  }

  async #connect(): Promise<Line> {
    const { url, where, deadline, given } = this.#options
    const socket = new Socket()
    let client: driver.Client
    try {
      client = new this.#driver.Client({
        application_name: 'skein',
        connectionTimeoutMillis: CONNECT,
        statement_timeout: deadline,
        query_timeout: deadline + GRACE,
        keepAlive: true,
        keepAliveInitialDelayMillis: 10_000,
        ...given,
        connectionString: url,
        stream: () => socket,
      })
    } catch (cause) {
      const said = String((cause as Error).message).replaceAll(url, where)
      throw new UsageError('ERR_STORE_URL', `postgres(): its URL or its options are wrong: ${said}`, { cause })
    }
    // without a listener the process would end of it
    client.on('error', () => {})
    try {
      await client.connect()
      const { rows } = await client.query<{ pid: number; since: string }>(
        'SELECT pid, extract(epoch FROM backend_start)::text AS since FROM pg_stat_activity WHERE pid = pg_backend_pid()',
      )
      const { pid = 0, since = '' } = rows[0] ?? {}
      await this.#endOld(client)
      if (this.#closed) throw new StoreError('ERR_STORE_AWAY', `the connection to ${where} was closed`)
      const line: Line = { client, socket, server: [pid, since], busy: false }
      client.on('end', () => this.#drop(line))
      return line
    } catch (error) {
      socket.destroy()
      throw postgresError(error, where)
    }
  }

  async #endOld(client: driver.Client): Promise<void> {
    if (this.#doubtful === undefined) return
    const { rows } = await client.query<{ ended: boolean }>(
      `SELECT pg_terminate_backend(pid, ${CONNECT}) AS ended FROM pg_stat_activity WHERE pid = $1 AND extract(epoch FROM backend_start)::text = $2`,
      [...this.#doubtful],
    )
    if (rows.some(({ ended }) => !ended))
      throw new StoreError('ERR_STORE_SLOW', `${this.#options.where} still works on what it was asked for before`)
    this.#doubtful = undefined
  }
}
