import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { type GuardedProcess, randomPort, startGuarded } from './guarded-process.ts'

/** A PostgreSQL for tests. */
export interface PostgresServer {
  /** With the user and the password of its owner, and the database `postgres`. */
  readonly url: string
  readonly port: number
  /** Sends a signal to all of its processes; those that end it are waited for. @default 'SIGKILL' */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again with what it had stored; what runs is killed before. */
  restart(): Promise<void>
  /** Ends it and removes what it had stored. */
  stop(): Promise<void>
}

/** Files of a server that speaks TLS, as PEM texts. */
export interface PostgresTls {
  readonly key: string
  readonly cert: string
}

const START_DEADLINE = 20_000
const PASSWORD = 'se/cret@1'

/**
 * Starts PostgreSQL on a free port with an empty folder of its own. It does not run as root: there, it is the user `postgres`.
 *
 * @example
 * const server = await startPostgres()
 * await new pg.Client(server.url).connect()
 * await server.kill('SIGSTOP')
 */
export async function startPostgres(options: { readonly tls?: PostgresTls } = {}): Promise<PostgresServer> {
  const bin = binaries()
  const user = ownUser()
  const dir = mkdtempSync(join(tmpdir(), 'skein-postgres-'))
  const data = join(dir, 'data')
  const write = (name: string, text: string): string => {
    const path = join(dir, name)
    writeFileSync(path, text, { mode: 0o600 })
    if (user.uid !== undefined) chownSync(path, user.uid, user.gid!)
    return path
  }
  if (user.uid !== undefined) chownSync(dir, user.uid, user.gid!)
  const passwordFile = write('password', PASSWORD)
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'skein', '-A', 'scram-sha-256', '--pwfile', passwordFile, '-E', 'UTF8', '--locale=C', '--no-sync'],
    { stdio: ['ignore', 'ignore', 'pipe'], cwd: dir, ...user },
  )
  const settings = [
    'fsync=off',
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'shared_buffers=16MB',
    'max_connections=20',
    'log_min_messages=fatal',
  ]
  if (options.tls !== undefined) {
    settings.push(
      'ssl=on',
      `ssl_cert_file=${write('cert.pem', options.tls.cert)}`,
      `ssl_key_file=${write('key.pem', options.tls.key)}`,
    )
  }
  let port = 0
  let running: GuardedProcess | undefined
  const urlAt = (at: number): string => `postgres://skein:${encodeURIComponent(PASSWORD)}@127.0.0.1:${at}/postgres`

  /** False if the port is taken, or processes of the server that was there are not over. */
  async function start(at: number): Promise<boolean> {
    const args = ['-D', data, '-p', String(at), ...settings.flatMap((one) => ['-c', one])]
    const started = await startGuarded(join(bin, 'postgres'), args, { remove: dir, ...user })
    const end = performance.now() + START_DEADLINE
    while (!(await answers(urlAt(at)))) {
      if (started.code() !== undefined) {
        if (/address already in use|could not bind|still in use|another server might be running/i.test(started.output()))
          return false
        throw new Error(`postgres ended at once with ${started.code()}:\n${started.output()}`)
      }
      if (performance.now() > end) throw new Error(`postgres did not answer within ${START_DEADLINE} ms:\n${started.output()}`)
    }
    port = at
    running = started
    return true
  }

  /** Each connection has a process of its own, which does not end and does not stop with the first. */
  async function kill(signal: NodeJS.Signals): Promise<void> {
    const { pid, code } = running!
    if (code() !== undefined) return
    const children = childrenOf(pid)
    if (signal === 'SIGSTOP' || signal === 'SIGKILL' || signal === 'SIGCONT') {
      for (const child of children) {
        try {
          process.kill(Number(child), signal)
        } catch {
          // it has ended by itself
        }
      }
    }
    await running!.kill(signal)
  }

  while (!(await start(randomPort())));
  return {
    get url() {
      return urlAt(port)
    },
    port,
    kill: (signal = 'SIGKILL') => kill(signal),
    async restart() {
      await kill('SIGKILL')
      while (!(await start(port)));
    },
    async stop() {
      // one that is killed leaves shared memory behind, which only its next start removes
      await kill('SIGCONT')
      await kill('SIGQUIT')
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Debian keeps a folder for each version. */
function binaries(): string {
  const all = '/usr/lib/postgresql'
  const versions = existsSync(all) ? readdirSync(all).filter((name) => existsSync(join(all, name, 'bin/postgres'))) : []
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0]
  if (newest !== undefined) return join(all, newest, 'bin')
  throw new Error('there is no PostgreSQL for the tests: apt-get install postgresql, or run `npm test`, which does it')
}

/** Whose the server is; nothing where that is whoever runs the tests. */
function ownUser(): { readonly uid?: number; readonly gid?: number } {
  if (userInfo().uid !== 0) return {}
  const id = (what: string): number => Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 500 })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 20))
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

/** Process ids; none where the process is over, and its shell about to tell. */
function childrenOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').match(/\d+/g) ?? []
  } catch {
    return []
  }
}
