import { SkeinError } from '../errors.ts'

/** What INFO says of a server. */
export interface ServerInfo {
  /** Of Redis, or the one that it is compatible with. */
  readonly version: string
  readonly mode: string
  readonly role: string
  readonly loading: boolean
  /** Undefined if the server does not tell. */
  readonly eviction: string | undefined
  /**
   * Changes when the data may have: when the process is another one, and when a replica became the master. The process alone does not
   * tell: a server that was a replica for a while has the data of another.
   */
  readonly identity: string
}

export function readServerInfo(info: string): ServerInfo {
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  return {
    version: field('redis_version') ?? '',
    mode: field('redis_mode') ?? 'standalone',
    role: field('role') ?? 'master',
    loading: field('loading') === '1',
    eviction: field('maxmemory_policy'),
    identity: `${field('run_id') ?? ''} ${field('master_replid') ?? ''}`,
  }
}

/** Throws if skein cannot work with such a server. `url` is what the user wrote, `where` the server that answered. */
export function checkServer(info: ServerInfo, kind: 'server' | 'sentinel' | 'cluster', where: string): void {
  if (info.mode === 'sentinel') {
    throw new SkeinError('ERR_REDIS_MODE', `${where} is a Sentinel, not a Redis: use redis+sentinel://host:port/group`)
  }
  const major = Number.parseInt(info.version, 10)
  if (!(major >= 7)) {
    const version = info.version === '' ? 'a server that does not tell its version' : `Redis ${info.version}`
    throw new SkeinError('ERR_REDIS_VERSION', `${where} is ${version}; Redis 7.0 or later is needed, or Valkey`)
  }
  if (info.mode === 'cluster' && kind !== 'cluster') {
    throw new SkeinError(
      'ERR_REDIS_MODE',
      `${where} is a node of a Redis Cluster: use redis+cluster:// with the same host and port`,
    )
  }
  if (info.mode !== 'cluster' && kind === 'cluster') {
    throw new SkeinError('ERR_REDIS_MODE', `${where} is no node of a Redis Cluster: use redis:// with the same host and port`)
  }
  if (info.role !== 'master') {
    const hint = kind === 'server' ? ': use the URL of its master, or redis+sentinel:// if there are Sentinels' : ''
    throw new SkeinError('ERR_REDIS_ROLE', `${where} is a replica, which takes no writes${hint}`)
  }
  if (info.loading) throw new SkeinError('ERR_REDIS_LOADING', `${where} is loading its data`)
}

/** What is wrong with the server's eviction policy, or undefined. */
export function evictionProblem(info: ServerInfo, where: string): string | undefined {
  if (info.eviction === undefined || info.eviction === 'noeviction') return undefined
  return `${where} has maxmemory-policy ${info.eviction}: when it is full it would delete parts of the crawl without a word; set it to noeviction`
}
