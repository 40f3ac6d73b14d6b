import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { MongoClient } from 'mongodb'
import { type GuardedProcess, randomPort, startGuarded } from './guarded-process.ts'

/** No server can be started here; `npm test` says why. The suites that end and restart one do not run then. */
export const noOwnMongo: boolean = process.env['SKEIN_NO_MONGODB'] !== undefined
/** There is none that somebody else runs either (`MONGODB_URL`). */
export const noMongo: boolean = noOwnMongo && !process.env['MONGODB_URL']

/** A MongoDB, or what speaks its language, for tests. */
export interface MongoServer {
  /** Without a database: `mongodb://127.0.0.1:12345/`. */
  readonly url: string
  readonly port: number
  readonly kind: 'mongod' | 'ferretdb'
  /** Sends a signal; those that end the process are waited for. @default 'SIGKILL' */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again with what it had stored; what runs is killed before. */
  restart(): Promise<void>
  /** Ends it and removes what it had stored. */
  stop(): Promise<void>
}

const START_DEADLINE = 20_000

/**
 * Starts a server on a free port with an empty folder of its own: `mongod` if it is installed, else the FerretDB that `npm test` has built.
 *
 * @example
 * const mongo = await startMongo()
 * const client = new MongoClient(mongo.url)
 * await mongo.kill('SIGSTOP')
 */
export async function startMongo(options: { readonly user?: string; readonly password?: string } = {}): Promise<MongoServer> {
  const { user, password = '' } = options
  const kind = hasMongod() ? 'mongod' : 'ferretdb'
  const dir = mkdtempSync(join(tmpdir(), 'skein-mongo-'))
  const argsFor = (port: number): readonly string[] =>
    kind === 'mongod'
      ? [
          '--dbpath',
          dir,
          '--port',
          String(port),
          '--bind_ip',
          '127.0.0.1',
          '--nounixsocket',
          ...(user === undefined ? [] : ['--auth']),
        ]
      : [
          '--handler=sqlite',
          `--sqlite-url=file:${dir}/`,
          `--listen-addr=127.0.0.1:${port}`,
          '--debug-addr=-',
          '--telemetry=disable',
          '--log-level=ERROR',
          `--state-dir=${dir}`,
          ...(user === undefined
            ? []
            : ['--test-enable-new-auth', '--setup-database=admin', `--setup-username=${user}`, `--setup-password=${password}`]),
        ]
  let port = 0
  let running: GuardedProcess | undefined

  /** False if the port is taken. */
  async function start(at: number): Promise<boolean> {
    const started = await startGuarded(kind === 'mongod' ? 'mongod' : ferretdb(), argsFor(at), { remove: dir })
    const end = performance.now() + START_DEADLINE
    while (!(await answers(at))) {
      if (started.code() !== undefined) {
        if (/address already in use/i.test(started.output())) return false
        throw new Error(`${kind} ended at once with ${started.code()}:\n${started.output()}`)
      }
      if (performance.now() > end) throw new Error(`${kind} did not answer within ${START_DEADLINE} ms:\n${started.output()}`)
    }
    port = at
    running = started
    return true
  }

  while (!(await start(randomPort())));
  if (kind === 'mongod' && user !== undefined) await addUser(port, user, password)

  const login = user === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`
  return {
    url: `mongodb://${login}127.0.0.1:${port}/`,
    port,
    kind,
    async kill(signal = 'SIGKILL') {
      await running!.kill(signal)
    },
    async restart() {
      await running!.kill('SIGKILL')
      while (!(await start(port)));
    },
    async stop() {
      await running!.kill('SIGKILL')
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/**
 * A server for tests that only store in it and read from it: that of `MONGODB_URL` where it is set, else one of its own. Give databases names of
 * their own, and drop them.
 */
export async function mongoForTests(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const given = process.env['MONGODB_URL']
  return given === undefined || given === '' ? startMongo() : { url: given, stop: async () => {} }
}

function hasMongod(): boolean {
  try {
    execFileSync('mongod', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function ferretdb(): string {
  const path = resolve(import.meta.dirname, '../../node_modules/.cache/skein/bin/ferretdb')
  if (existsSync(path)) return path
  throw new Error(
    'there is no MongoDB for the tests: install mongod, or Go, and run `npm test` or `node scripts/ferretdb.mjs` once',
  )
}

async function answers(port: number): Promise<boolean> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/`, { serverSelectionTimeoutMS: 200, connectTimeoutMS: 200 })
  try {
    await client.connect()
    await client.db('admin').command({ ping: 1 })
    return true
  } catch (error) {
    // it wants a password: it answers
    if ((error as { code?: unknown }).code === 13) return true
    await new Promise((resolve) => setTimeout(resolve, 20))
    return false
  } finally {
    await client.close()
  }
}

async function addUser(port: number, user: string, password: string): Promise<void> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/`)
  await client.db('admin').command({ createUser: user, pwd: password, roles: ['root'] })
  await client.close()
}
