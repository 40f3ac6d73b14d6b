import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { crawl, type Logger, type Pipeline, type PostgresOptions, postgres, Spider } from '../../src/index.ts'
import { pipelineContext } from '../support/pipeline-context.ts'
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts'
import { until } from '../support/redis-server.ts'
import { selfSigned } from '../support/tls.ts'

const ITEMS = 40

class Numbers extends Spider {
  override *start() {
    for (let n = 0; n < ITEMS; n++) yield { n }
  }
  override parse() {}
}

describe('postgres on a server that has trouble', () => {
  let server: PostgresServer
  let admin: pg.Client
  let said: string[]
  let folder: string

  beforeAll(async () => {
    server = await startPostgres({ tls: selfSigned })
    folder = mkdtempSync(join(tmpdir(), 'skein-postgres-ca-'))
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true })
    await server?.stop()
  })
  beforeEach(async () => {
    said = []
    admin = new pg.Client(server.url)
    admin.on('error', () => {})
    await admin.connect()
    await admin.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO public')
    await admin.query(`DO $$ BEGIN CREATE ROLE worker LOGIN PASSWORD 'hush-hush'; EXCEPTION WHEN duplicate_object THEN END $$`)
    return () => admin.end()
  })

  const log = (): Logger => {
    const say = (level: string) => (message: string) => void said.push(`${level} ${message}`)
    return { debugEnabled: false, debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
  }
  const as = (user: string, password: string): string =>
    `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${server.port}/postgres`
  const worker = (): string => as('worker', 'hush-hush')
  /** A crawl; `then` happens when some items are on their way. */
  const into = (options: Partial<PostgresOptions> = {}, then: () => Promise<unknown> = async () => {}) => {
    const store = { url: server.url, table: 'items', key: 'n', columns: { n: 'integer' }, batchSize: 5, ...options }
    const gate: Pipeline = {
      name: 'gate',
      async process(item) {
        if ((item as { n: number }).n === 12) await then()
        return item
      },
    }
    return crawl(Numbers, { log: log(), config: { pipelines: [gate, postgres(store) as Pipeline] } })
  }
  const stored = async (): Promise<number[]> => (await admin.query('SELECT n FROM items ORDER BY n')).rows.map(({ n }) => n)
  const everything = Array.from({ length: ITEMS }, (_, n) => n)
  const isAway = (): Promise<void> => until('the store to be away', () => said.some((line) => /Waiting for it/.test(line)))
  /** `what` happens, as often as is said, when a row of that number is on its way. */
  const when = async (n: number, times: number, what: string): Promise<void> => {
    await admin.query(`CREATE TABLE items (n integer PRIMARY KEY); CREATE SEQUENCE tries; GRANT ALL ON items, tries TO public;
      CREATE FUNCTION trouble() RETURNS trigger AS $f$ BEGIN
        IF nextval('tries') <= ${times} THEN ${what}; END IF; RETURN NEW;
      END $f$ LANGUAGE plpgsql;
      CREATE TRIGGER trouble BEFORE INSERT ON items FOR EACH ROW WHEN (NEW.n = ${n}) EXECUTE FUNCTION trouble()`)
  }

  describe('does not begin', () => {
    it.each<[string, () => string, string, string]>([
      ['with a wrong password', () => as('skein', 'Wr0ng!'), 'ERR_STORE_DENIED', 'password authentication failed'],
      ['with an unknown user', () => as('you', 'Wr0ng!'), 'ERR_STORE_DENIED', 'user, password or database of the URL'],
      ['without a password', () => `postgres://worker@127.0.0.1:${server.port}/postgres`, 'ERR_STORE_DENIED', 'missing or wrong'],
      ['without the database', () => `${server.url}_not`, 'ERR_STORE_CONFLICT', 'database "postgres_not" does not exist'],
      [
        'where nobody listens',
        () => 'postgres://me:Wr0ng!@127.0.0.1:1/x',
        'ERR_STORE_AWAY',
        'The crawl does not begin without it',
      ],
      ['at a host without an address', () => 'postgres://me:Wr0ng!@no.invalid/x', 'ERR_STORE_AWAY', 'no.invalid'],
      [
        'with a URL that is none',
        () => 'postgres://me:Wr0ng!@127.0.0.1:port/x',
        'ERR_STORE_URL',
        'its URL or its options are wrong',
      ],
      ['with a password that is not encoded', () => 'postgres://me:Wr0ng!/x@127.0.0.1/x', 'ERR_STORE_URL', 'wrong'],
      ['with a certificate of nobody', () => `${server.url}?sslmode=verify-full`, 'ERR_STORE_REFUSED', 'no safe connection'],
      [
        'with a certificate of nobody that is required alone',
        () => `${server.url}?sslmode=require`,
        'ERR_STORE_REFUSED',
        'sslrootcert',
      ],
      [
        'with a file that is not there',
        () => `${server.url}?sslmode=verify-full&sslrootcert=/nowhere.pem`,
        'ERR_STORE_URL',
        '/nowhere.pem',
      ],
    ])('%s, and shows no password', async (_, url, code, message) => {
      const error = await into({ url: url() }).catch((thrown: Error) => thrown)
      expect(error).toMatchObject({ code, message: expect.stringContaining(message) })
      expect(`${String(error)}${said.join()}`).not.toMatch(/Wr0ng|se%2Fcret|se\/cret/)
    })

    it('where the user may not write', async () => {
      await admin.query('CREATE TABLE items (n integer PRIMARY KEY)')
      await expect(into({ url: worker() })).rejects.toMatchObject({
        code: 'ERR_STORE_DENIED',
        message: expect.stringMatching(
          /permission denied for table items \(42501\)\. .*needs SELECT, INSERT and UPDATE on the table/,
        ),
      })
      await admin.query('DROP TABLE items; REVOKE CREATE ON SCHEMA public FROM public')
      await expect(into({ url: worker() })).rejects.toThrow('CREATE on its schema where the table is to be made')
    })

    it('on a server that takes nothing', async () => {
      await admin.query('ALTER ROLE worker SET default_transaction_read_only = on')
      await expect(into({ url: worker() })).rejects.toMatchObject({
        code: 'ERR_STORE_AWAY',
        message: expect.stringContaining('25006'),
      })
      await admin.query('ALTER ROLE worker RESET default_transaction_read_only')
    })
  })

  it('takes a certificate whose authority is named, and any where that is said', async () => {
    const ca = join(folder, 'ca.pem')
    writeFileSync(ca, selfSigned.cert)
    const url = server.url.replace('127.0.0.1', 'localhost')
    expect(await into({ url: `${url}?sslmode=verify-full&sslrootcert=${ca}` })).toMatchObject({ reason: 'finished' })
    expect(await into({ url: `${server.url}?sslmode=no-verify` })).toMatchObject({ reason: 'finished' })
    expect(await into({ url, driverOptions: { ssl: { ca: selfSigned.cert } } })).toMatchObject({ reason: 'finished' })
    expect(await stored()).toEqual(everything)
  })

  it.each([
    ['its disk is full', '53100'],
    ['it runs out of memory', '53200'],
    ['two are in a circle', '40P01'],
    ['others were faster', '40001'],
    ['it is going down', '57P01'],
    ['it cannot write any more', '58030'],
    ['it has become a standby', '25006'],
  ])('waits and goes on where %s', async (_, code) => {
    await when(12, 3, `RAISE EXCEPTION 'as told' USING ERRCODE = '${code}'`)
    expect(await into()).toMatchObject({
      reason: 'finished',
      stats: { 'postgres/stored_count': ITEMS, 'postgres/retry_count': 3, 'postgres/away_count': 1 },
    })
    expect(said.filter((line) => /^warn .*is away: as told/.test(line))).toHaveLength(1)
    expect(await stored()).toEqual(everything)
  })

  it('goes on when an administrator ends its connection in the middle of a statement', async () => {
    await when(12, 1, 'PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(9)')
    expect(await into()).toMatchObject({ reason: 'finished', stats: { 'postgres/retry_count': 1 } })
    expect(await stored()).toEqual(everything)
  })

  it('waits while there is no connection left', async () => {
    const pipeline = postgres({ url: worker(), table: 'items', key: 'n', columns: { n: 'integer' } }) as Pipeline
    await pipeline.open?.(pipelineContext({ log: log() }))
    await admin.query('ALTER ROLE worker CONNECTION LIMIT 0')
    await admin.query(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'worker'`)
    for (const n of everything) await pipeline.process({ n }, { key: String(n), request: undefined, response: undefined })
    const flushed = pipeline.flush?.()
    await isAway()
    await admin.query('ALTER ROLE worker CONNECTION LIMIT -1')
    await flushed
    await pipeline.close?.()
    expect(said.join()).toMatch(/is away: too many connections for role "worker" \(53300\)/)
    expect(await stored()).toEqual(everything)
  })

  it('tries again what waited for a lock for too long', async () => {
    const ended = into({ timeout: 1 }, () => admin.query('BEGIN; LOCK TABLE items IN SHARE MODE'))
    await isAway()
    await admin.query('COMMIT')
    expect(await ended).toMatchObject({ reason: 'finished', stats: { 'postgres/away_count': 1 } })
    expect(said.join()).toMatch(/did not answer in time: canceling statement due to statement timeout/)
    expect(await stored()).toEqual(everything)
  })

  it('has the server end what it has given up, before it tries that again', async () => {
    await when(12, 1, 'PERFORM pg_sleep(600)')
    expect(await into({ driverOptions: { statement_timeout: 0, query_timeout: 500 } })).toMatchObject({ reason: 'finished' })
    expect(await stored()).toEqual(everything)
    const { rows } = await admin.query(`SELECT query FROM pg_stat_activity WHERE application_name = 'skein'`)
    expect(rows).toEqual([])
  })

  it('goes on when a server that was stopped is let go on', async () => {
    const ended = into({ timeout: 1 }, () => server.kill('SIGSTOP'))
    await isAway()
    await server.kill('SIGCONT')
    expect(await ended).toMatchObject({ reason: 'finished' })
    expect(await stored()).toEqual(everything)
  })

  it('ends the crawl when a right is taken away: nothing is tried again', async () => {
    await admin.query('CREATE TABLE items (n integer PRIMARY KEY); GRANT ALL ON items TO worker')
    const result = await into({ url: worker() }, () => admin.query('REVOKE INSERT ON items FROM worker'))
    expect(result).toMatchObject({
      reason: 'store_error',
      ok: false,
      error: { code: 'ERR_STORE_DENIED', message: expect.stringMatching(/permission denied for table items.*\(GRANT\)/) },
    })
    expect(result.stats['postgres/retry_count'] ?? 0).toBe(0)
  })
})
