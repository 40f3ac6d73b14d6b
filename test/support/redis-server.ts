import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@redis/client'
import { type GuardedProcess, randomPort, startGuarded } from './guarded-process.ts'

/** Servers that tests start: real ones, on loopback, each with a directory of its own. */

/** A reply in RESP2: texts, whole numbers, nil and lists of them. */
export type Reply = string | number | null | readonly Reply[]

export interface RedisOptions {
  /** More arguments for `redis-server`; later ones win. Without any, nothing is written to the disk. */
  readonly args?: readonly string[]
  /** Where it keeps its files; the caller removes it. @default a temporary one, removed by `stop` */
  readonly dir?: string
  /** @default a free one */
  readonly port?: number
  /** Of the user `default`. */
  readonly password?: string
  /** PEM texts: the server then speaks TLS alone. `ca` is for `cli`. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca: string }
  /** More variables of its environment. */
  readonly env?: Readonly<Record<string, string>>
}

export interface RedisServer {
  readonly port: number
  /** For clients: with the password, and `rediss` if it speaks TLS. */
  readonly url: string
  readonly dir: string
  /** Path of the Unix socket that it listens at too. */
  readonly socket: string
  /** Of the process that runs now. */
  readonly pid: number
  /** Sends one command, waits for its reply; rejects with what the server says against it. */
  cli(...args: readonly (string | number)[]): Promise<Reply>
  /** One field of INFO. */
  info(field: string): Promise<string>
  /** Sends a signal; those that end the process are waited for. @default 'SIGKILL' */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again, at the same port and in the same directory; what runs is killed before. */
  restart(args?: readonly string[]): Promise<void>
  /** Ends it and removes its directory if that was a temporary one. */
  stop(): Promise<void>
}

const START_DEADLINE = 10_000
/** What a shell ends with when there is no such program. */
const NOT_FOUND = 127

/** Waits until `check` is true, looking every 20 ms; throws after `deadline` ms, with what was waited for. */
export async function until(
  what: string,
  check: () => Promise<boolean> | boolean,
  deadline: number = START_DEADLINE,
): Promise<void> {
  const end = performance.now() + deadline
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`waited ${deadline} ms in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/**
 * Starts `redis-server` and waits until it answers.
 *
 * @example
 * const redis = await startRedis({ args: ['--appendonly', 'yes'] })
 * await redis.cli('SET', 'a', '1')
 * await redis.kill('SIGKILL')
 * await redis.restart()
 */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const { password, tls } = options
  const own = options.dir === undefined
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'skein-redis-'))
  mkdirSync(dir, { recursive: true })
  if (tls !== undefined) {
    writeFileSync(join(dir, 'tls.key'), tls.key)
    writeFileSync(join(dir, 'tls.crt'), tls.cert)
  }
  const socket = join(dir, 'redis.sock')
  const log = join(dir, 'redis.log')
  let more = options.args ?? []
  const sentinel = more[0] === '--sentinel'

  const argsFor = (port: number): string[] => {
    const at =
      tls === undefined ? ['--port', String(port)] : ['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no']
    if (tls !== undefined) at.push('--tls-cert-file', join(dir, 'tls.crt'), '--tls-key-file', join(dir, 'tls.key'))
    const common = ['--bind', '127.0.0.1', '--dir', dir, '--logfile', log, ...at]
    // a Sentinel reads its group from a file, which it rewrites
    if (sentinel) return [join(dir, 'sentinel.conf'), '--sentinel', ...common]
    if (password !== undefined) common.push('--requirepass', password)
    return [
      ...common,
      '--unixsocket',
      socket,
      '--save',
      '',
      '--appendonly',
      'no',
      '--repl-diskless-sync-delay',
      '0',
      '--enable-debug-command',
      'yes',
      ...more,
    ]
  }
  const newClient = (port: number) =>
    createClient({
      RESP: 2,
      socket: {
        host: '127.0.0.1',
        port,
        connectTimeout: 2_000,
        reconnectStrategy: false,
        ...(tls === undefined
          ? {}
          : { tls: true as const, ca: tls.ca, servername: 'localhost', checkServerIdentity: () => undefined }),
      },
      ...(password === undefined ? {} : { password }),
      disableClientInfo: true,
      maintNotifications: 'disabled',
      commandOptions: { timeout: 0 },
    }).on('error', () => undefined)

  let port = 0
  let running: GuardedProcess | undefined
  let client: ReturnType<typeof newClient> | undefined
  let connecting: Promise<unknown> | undefined

  /** False if the port is taken. */
  const start = async (at: number): Promise<boolean> => {
    rmSync(log, { force: true })
    const started = await startGuarded('redis-server', argsFor(at), { remove: own ? dir : '', env: options.env ?? {} })
    const end = performance.now() + START_DEADLINE
    for (;;) {
      const probe = newClient(at)
      const pid = await probe
        .connect()
        .then(() => probe.sendCommand(['INFO', 'server']))
        .then((text) => Number(/^process_id:(\d+)/m.exec(String(text))?.[1]))
        .catch((error: Error) => (/LOADING|MASTERDOWN/.test(error.message) ? started.pid : undefined))
      probe.destroy()
      // another server may have had that port
      if (pid === started.pid) break
      if (started.code() !== undefined) {
        if (started.code() === NOT_FOUND)
          throw new Error('redis-server was not found; the tests need it (Debian: apt install redis-server)')
        const text = existsSync(log) ? readFileSync(log, 'utf8') : ''
        if (/already in use/.test(text)) return false
        throw new Error(`redis-server ended at once with ${started.code()}:\n${text}`)
      }
      if (performance.now() > end) throw new Error(`redis-server did not answer within ${START_DEADLINE} ms`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    port = at
    running = started
    return true
  }
  try {
    if (options.port === undefined) while (!(await start(randomPort())));
    else if (!(await start(options.port))) throw new Error(`port ${options.port} is taken`)
  } catch (error) {
    if (own) rmSync(dir, { recursive: true, force: true })
    throw error
  }

  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    if (running === undefined || running.code() !== undefined) return
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') {
      if (client?.isOpen === true) client.destroy()
      client = undefined
    }
    await running.kill(signal)
  }
  const connect = async (): Promise<void> => {
    if (client?.isOpen === true) client.destroy()
    const next = newClient(port)
    await next.connect()
    client = next
  }
  const cli = async (...args: readonly (string | number)[]): Promise<Reply> => {
    // several commands at once wait for one connection
    while (client?.isReady !== true) {
      connecting ??= connect().finally(() => {
        connecting = undefined
      })
      await connecting
    }
    return (await client.sendCommand(args.map(String))) as Reply
  }

  return {
    get port() {
      return port
    },
    url: `${tls === undefined ? 'redis' : 'rediss'}://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}${tls === undefined ? '127.0.0.1' : 'localhost'}:${port}`,
    dir,
    socket,
    get pid() {
      return running!.pid
    },
    cli,
    async info(field) {
      return new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(String(await cli('INFO', 'everything')))?.[1] ?? ''
    },
    kill,
    async restart(args = more) {
      await kill()
      more = args
      await until(`port ${port} to be free again`, () => start(port))
    },
    async stop() {
      await kill()
      if (own) rmSync(dir, { recursive: true, force: true })
    },
  }
}
