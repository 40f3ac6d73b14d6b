import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RedisOptions, type RedisServer, startRedis, until } from './redis-server.ts'

/** Groups of servers that tests start: a replica, Sentinels, a Cluster. */

/** Starts a replica of a server, and waits until it has its data. */
export async function startReplica(of: RedisServer, options: RedisOptions = {}): Promise<RedisServer> {
  const replica = await startRedis({ ...options, args: ['--replicaof', '127.0.0.1', String(of.port), ...(options.args ?? [])] })
  await until('the replica to have its data', async () => (await replica.info('master_link_status')) === 'up')
  return replica
}

export interface SentinelGroup {
  readonly master: RedisServer
  readonly replica: RedisServer
  readonly sentinel: RedisServer
  /** `redis+sentinel://…/crawl` */
  readonly url: string
  stop(): Promise<void>
}

/** A master, its replica and one Sentinel that takes a master for dead after 500 ms without an answer. */
export async function startSentinel(options: { readonly password?: string } = {}): Promise<SentinelGroup> {
  const { password } = options
  const own = password === undefined ? {} : { password, args: ['--masterauth', password] }
  const master = await startRedis(own)
  const replica = await startReplica(master, own)
  const dir = mkdtempSync(join(tmpdir(), 'skein-redis-'))
  const lines = [
    `sentinel monitor crawl 127.0.0.1 ${master.port} 1`,
    'sentinel down-after-milliseconds crawl 500',
    'sentinel failover-timeout crawl 3000',
    ...(password === undefined ? [] : [`sentinel auth-pass crawl ${password}`]),
  ]
  writeFileSync(join(dir, 'sentinel.conf'), `${lines.join('\n')}\n`)
  const sentinel = await startRedis({ args: ['--sentinel'], dir })
  await until('the Sentinel to know the replica', async () => {
    const replicas = (await sentinel.cli('SENTINEL', 'REPLICAS', 'crawl')) as readonly (readonly string[])[]
    return replicas.some((fields) => fields[fields.indexOf('flags') + 1] === 'slave')
  })
  return {
    master,
    replica,
    sentinel,
    url: `redis+sentinel://${password === undefined ? '' : `:${password}@`}127.0.0.1:${sentinel.port}/crawl`,
    async stop() {
      await Promise.all([sentinel, replica, master].map((server) => server.stop()))
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export interface Cluster {
  /** Masters first, then their replicas in the same order. */
  readonly nodes: readonly RedisServer[]
  /** `redis+cluster://…` with all nodes. */
  readonly url: string
  /** The node that has a key now, as the first node that answers says. */
  ownerOf(key: string): Promise<RedisServer>
  /** Moves the slot of a key, which must have no keys, from its node to another. */
  moveSlot(key: string, to: RedisServer): Promise<void>
  stop(): Promise<void>
}

const SLOTS = 16_384

/** A Cluster of `masters` nodes that share the slots, each with so many replicas. Nodes are taken for dead after 1 s. */
export async function startCluster(masters = 3, replicas = 0): Promise<Cluster> {
  const count = masters * (1 + replicas)
  const nodes: RedisServer[] = []
  for (let at = 0; at < count; at++) nodes.push(await startNode())
  const busOf = (node: RedisServer): number => node.port + BUS

  const first = nodes[0]!
  for (const [at, node] of nodes.entries()) {
    await node.cli('CLUSTER', 'SET-CONFIG-EPOCH', at + 1)
    if (at < masters) {
      const from = Math.floor((SLOTS * at) / masters)
      const to = Math.floor((SLOTS * (at + 1)) / masters) - 1
      await node.cli('CLUSTER', 'ADDSLOTSRANGE', from, to)
    }
    if (at > 0) await node.cli('CLUSTER', 'MEET', '127.0.0.1', first.port, busOf(first))
  }
  const knownTo = async (node: RedisServer): Promise<string[]> =>
    String(await node.cli('CLUSTER', 'NODES'))
      .trim()
      .split('\n')
  const all = async (what: string, check: (node: RedisServer) => Promise<boolean>): Promise<void> => {
    for (const node of nodes) await until(what, () => check(node), 20_000)
  }
  await all('the nodes to know each other', async (node) => {
    const lines = await knownTo(node)
    return lines.length === count && lines.every((line) => !/handshake|fail|noaddr/.test(line))
  })
  for (const [at, node] of nodes.entries()) {
    if (at < masters) continue
    const master = nodes[at % masters]!
    await node.cli('CLUSTER', 'REPLICATE', String(await master.cli('CLUSTER', 'MYID')))
  }
  await all('the Cluster to be up', async (node) => {
    const up = /cluster_state:ok/.test(String(await node.cli('CLUSTER', 'INFO')))
    const inRoles = (await knownTo(node)).filter((line) => / (myself,)?slave /.test(line)).length === count - masters
    return up && inRoles
  })
  await all('the replicas to have their data', async (node) => {
    return (await node.info('role')) === 'master' || (await node.info('master_link_status')) === 'up'
  })

  const ownerOf = async (key: string): Promise<RedisServer> => {
    for (const node of nodes) {
      const slot = await node.cli('CLUSTER', 'KEYSLOT', key).catch(() => undefined)
      if (slot === undefined) continue
      const ranges = (await node.cli('CLUSTER', 'SLOTS')) as readonly [number, number, readonly [string, number]][]
      const port = ranges.find(([from, to]) => from <= Number(slot) && Number(slot) <= to)?.[2][1]
      const owner = nodes.find((other) => other.port === port)
      if (owner !== undefined) return owner
    }
    throw new Error(`no node has ${key}`)
  }
  return {
    nodes,
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    ownerOf,
    async moveSlot(key, to) {
      const slot = Number(await to.cli('CLUSTER', 'KEYSLOT', key))
      const id = String(await to.cli('CLUSTER', 'MYID'))
      for (const node of [to, ...nodes]) await node.cli('CLUSTER', 'SETSLOT', slot, 'NODE', id)
    },
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()))
    },
  }
}

/** The port for the other nodes is so far from that for clients. Redis' own distance of 10,000 may end in ports handed out to others. */
const BUS = 9_900

async function startNode(): Promise<RedisServer> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 9_900)
    const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000', '--cluster-port', String(port + BUS)]
    try {
      // an empty Cluster answers as soon as it listens
      return await startRedis({ port, args: [...args, '--cluster-replica-validity-factor', '0'] })
    } catch (error) {
      if (!/taken/.test((error as Error).message)) throw error
    }
  }
}
