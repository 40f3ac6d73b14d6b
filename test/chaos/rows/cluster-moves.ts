import { type Cluster, startCluster } from '../../support/redis-groups.ts'
import type { RedisServer } from '../../support/redis-server.ts'
import { Arena, pause } from '../arena.ts'
import { examine } from '../findings.ts'
import type { Row } from '../row.ts'

const KEY = '{chaos}:crawl'

/** A crawl in a Cluster: its slot moves to another node, and then that node dies. */
export const clusterMoves: Row = {
  name: 'cluster',
  fault: 'Redis Cluster: the slot of the crawl moves, a node dies',
  injected: 'the slot is migrated key by key to another node (3 masters, 3 replicas), then `kill -9` of that node',
  outcome: 'Workers follow the slot (MOVED, ASK, TRYAGAIN); after the failover they do again what the replica did not have.',
  async run({ progress }) {
    const cluster = await startCluster(3, 1)
    try {
      let owner = await cluster.ownerOf(KEY)
      await using arena = await Arena.open({
        site: { pages: 1200 },
        settings: { delay: 0.04 },
        server: { url: cluster.url, command: (...args) => owner.cli(...args) },
        itemsKey: '{chaos}:items',
        progress,
      })
      arena.startMany(3)
      await arena.reached(200)
      // between two nodes the keys of a crawl are in no instant all in one place
      arena.blind = true
      const to = cluster.nodes.slice(0, 3).find((node) => node !== owner)!
      await migrate(cluster, owner, to)
      owner = to
      arena.blind = false
      await arena.reached(arena.site.asked + 200)
      const before = await arena.snapshot()
      const problems = before.exists ? [] : ['the crawl is not on the node it was moved to']
      arena.blind = true
      await owner.kill('SIGKILL')
      owner = await newOwner(cluster, owner)
      arena.blind = false
      await arena.over()
      return await examine(arena, { times: 2, delay: 40, problems })
    } finally {
      await cluster.stop()
    }
  },
}

/** Moves the slot as `redis-cli --cluster reshard` does, while it is in use. */
async function migrate(cluster: Cluster, from: RedisServer, to: RedisServer): Promise<void> {
  const slot = Number(await from.cli('CLUSTER', 'KEYSLOT', KEY))
  const [source, target] = [String(await from.cli('CLUSTER', 'MYID')), String(await to.cli('CLUSTER', 'MYID'))]
  await to.cli('CLUSTER', 'SETSLOT', slot, 'IMPORTING', source)
  await from.cli('CLUSTER', 'SETSLOT', slot, 'MIGRATING', target)
  for (;;) {
    const keys = (await from.cli('CLUSTER', 'GETKEYSINSLOT', slot, 10)) as readonly string[]
    if (keys.length === 0) break
    await from.cli('MIGRATE', '127.0.0.1', to.port, '', 0, 5000, 'KEYS', ...keys)
  }
  for (const node of [to, from, ...cluster.nodes.slice(0, 3)]) await node.cli('CLUSTER', 'SETSLOT', slot, 'NODE', target)
}

/** Waits until another node has taken the place of one that died. */
async function newOwner(cluster: Cluster, dead: RedisServer): Promise<RedisServer> {
  for (const end = performance.now() + 20_000; performance.now() < end; await pause(50)) {
    const owner = await cluster.ownerOf(KEY).catch(() => dead)
    if (owner !== dead && (await owner.info('role').catch(() => '')) === 'master') return owner
  }
  throw new Error('no replica took the place of the node that was killed')
}
