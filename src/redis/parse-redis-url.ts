import { UsageError } from '../errors.ts'

/** A host and its port. IPv6 addresses are without brackets. */
export interface HostPort {
  readonly host: string
  readonly port: number
}

/** What a Redis URL says. */
export interface RedisUrl {
  readonly kind: 'server' | 'sentinel' | 'cluster'
  readonly tls: boolean
  readonly username?: string
  readonly password?: string
  /** Of a Cluster always 0. */
  readonly database: number
  /** The server, the Sentinels, or nodes of the Cluster; empty for a Unix socket. */
  readonly nodes: readonly HostPort[]
  /** Of a Unix socket. */
  readonly path?: string
  /** What the Sentinels call the group. */
  readonly group?: string
  /** The URL without user, password and query: for messages. */
  readonly shown: string
}

const SCHEMES = 'redis, rediss, unix, redis+sentinel, rediss+sentinel, redis+cluster, rediss+cluster'
const SENTINEL_PORT = 26_379
const REDIS_PORT = 6_379

/**
 * Reads the URL of a Redis:
 *
 * - `redis://[user:password@]host[:port][/database]`, `rediss://` with TLS
 * - `unix://[user:password@]/path[?db=database]`
 * - `redis+sentinel://[user:password@]host[:port],host[:port]/group[/database]`
 * - `redis+cluster://[user:password@]host[:port],host[:port]`
 *
 * `rediss+` for TLS in the last two. Ports default to 6379, and 26379 for Sentinels. User and password are percent-encoded; a password
 * alone is written `:password@`.
 *
 * @throws UsageError `ERR_REDIS_URL`, which names what is wrong and does not show the password
 * @example
 * parseRedisUrl('rediss://me:p%40ss@redis.example:6380/2') // { kind: 'server', tls: true, username: 'me', database: 2, … }
 */
export function parseRedisUrl(url: string): RedisUrl {
  const shown = show(url)
  const wrong = (why: string): UsageError =>
    new UsageError('ERR_REDIS_URL', `${JSON.stringify(shown)} is no usable Redis URL: ${why}`)
  if (/[\s\p{Cc}]/u.test(url)) throw wrong('it contains white space or control characters; they must be percent-encoded')
  const parts = /^([a-z+]+):\/\/([\s\S]*)$/i.exec(url)
  if (parts === null) throw wrong('it must look like redis://host:6379/0')
  const scheme = parts[1]!.toLowerCase()
  const form = /^(?:(rediss?)(?:\+(sentinel|cluster))?|unix)$/.exec(scheme)
  if (form === null) throw wrong(`the scheme is not known; expected one of ${SCHEMES}`)
  const { rest, user } = readUser(parts[2]!, wrong)

  if (rest.includes('#')) throw wrong('it has a fragment; "#" in a password must be written %23')
  const [place, query] = rest.split(/\?(.*)/s, 2) as [string, string | undefined]
  if (scheme === 'unix') {
    if (!place.startsWith('/') || place === '/')
      throw wrong('the path of the socket must be absolute, as in unix:///run/redis.sock')
    const database = query === undefined ? 0 : readDatabase(/^db=(.*)$/s.exec(query)?.[1], wrong, '?db=NUMBER is all it may have')
    return { kind: 'server', tls: false, ...user, database, nodes: [], path: decode(place, wrong, 'path'), shown }
  }
  if (query !== undefined) throw wrong('options after "?" are not known')

  const kind = (form[2] as 'sentinel' | 'cluster' | undefined) ?? 'server'
  const [hosts, ...path] = place.split('/') as [string, ...string[]]
  const nodes = hosts.split(',').map((host) => readHost(host, kind === 'sentinel' ? SENTINEL_PORT : REDIS_PORT, wrong))
  const common = { tls: form[1] === 'rediss', ...user, nodes, shown }
  if (kind === 'server') {
    if (nodes.length > 1) throw wrong(`several hosts need ${form[1]}+sentinel:// or ${form[1]}+cluster://`)
    if (path.length > 1) throw wrong('after the host only the number of the database may follow')
    return { ...common, kind, database: path[0] ? readDatabase(path[0], wrong) : 0 }
  }
  if (kind === 'cluster') {
    if (path.length > 1 || !['', '0', undefined].includes(path[0]))
      throw wrong('a Cluster has no databases; nothing may follow the hosts')
    return { ...common, kind, database: 0 }
  }
  const group = decode(path[0] ?? '', wrong, 'name of the group')
  if (group === '') throw wrong('the name of the group is missing, as in redis+sentinel://host/mymaster')
  if (path.length > 2) throw wrong('after the group only the number of the database may follow')
  return { ...common, kind, group, database: path[1] ? readDatabase(path[1], wrong) : 0 }
}

type Wrong = (why: string) => UsageError

/**
 * The URL without what may be secret. A password that is not encoded may contain anything: all up to the last @ counts as one, and without
 * any @ what is no port.
 */
const show = (url: string): string =>
  url
    .replace(/:\/\/[\s\S]*@/, '://***@')
    .replace(/^([^/]*:\/\/[^/:[]*):(?!\d+(?:[/,?#]|$))[\s\S]*$/, '$1:***')
    .replace(/[?#][\s\S]*$/, '')

function readUser(text: string, wrong: Wrong): { rest: string; user: { username?: string; password?: string } } {
  const at = text.lastIndexOf('@')
  if (at < 0) return { rest: text, user: {} }
  const info = text.slice(0, at)
  if (/[/?#@]/.test(info)) throw wrong('user and password must be percent-encoded: "@" is %40, "/" %2F, "?" %3F, "#" %23')
  const colon = info.indexOf(':')
  const password = colon < 0 ? '' : decode(info.slice(colon + 1), wrong, 'password')
  if (password === '') throw wrong('it has a user but no password; a password alone is written redis://:password@host')
  const username = decode(info.slice(0, colon), wrong, 'user')
  return { rest: text.slice(at + 1), user: username === '' ? { password } : { username, password } }
}

function readHost(text: string, defaultPort: number, wrong: Wrong): HostPort {
  const parts = /^(?:\[([0-9a-f:.]+(?:%[\w.]+)?)\]|([^:[\]]*))(?::(.*))?$/i.exec(text)
  if (parts === null || parts[3]?.includes(':')) throw wrong('IPv6 addresses need brackets, as in [::1]:6379')
  const host = parts[1] ?? decode(parts[2]!, wrong, 'host')
  if (host === '') throw wrong('a host is missing')
  if (parts[3] === undefined) return { host, port: defaultPort }
  const port = /^\d{1,5}$/.test(parts[3]) ? Number(parts[3]) : 0
  if (port < 1 || port > 65_535) throw wrong('the port must be a number from 1 to 65535')
  return { host, port }
}

function readDatabase(text: string | undefined, wrong: Wrong, otherwise = ''): number {
  if (text === undefined) throw wrong(otherwise)
  if (!/^\d{1,6}$/.test(text)) throw wrong('the database must be a number')
  return Number(text)
}

function decode(text: string, wrong: Wrong, what: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw wrong(`the ${what} is not percent-encoded UTF-8; "%" itself is written %25`)
  }
}
