import { describe, expect, it } from 'vitest'
import { startCluster, startSentinel } from '../../test/support/redis-groups.ts'
import { add, linkBench } from '../../test/support/redis-link.ts'
import { until } from '../../test/support/redis-server.ts'

describe('a link to a Sentinel group', () => {
  const bench = linkBench()

  it.each([undefined, 'secret'])('finds the master, and the next one when it dies (password: %s)', async (password) => {
    const group = await startSentinel(password === undefined ? {} : { password })
    bench.atEnd(() => group.stop())
    const link = await bench.open(group.url)
    const seen: unknown[] = []
    link.onServerChanged(() => seen.push('changed'))
    const heard: string[] = []
    await link.subscribe(
      'wake',
      (message) => heard.push(message),
      () => heard.push('gap'),
    )
    expect(await link.run(add, ['a'], ['1'])).toBe(1)
    await until('the replica to have it', async () => (await group.replica.cli('GET', 'a')) === '1')
    await group.master.kill('SIGKILL')
    seen.push(await link.run(add, ['a'], ['1']))
    expect(seen).toEqual(['changed', 2])
    expect(await group.replica.cli('GET', 'a')).toBe('2')
    await until('the gap', () => heard.includes('gap'))
    await group.replica.cli('PUBLISH', 'wake', 'hello')
    await until('the message', () => heard.includes('hello'))
    expect(bench.said.join('\n')).not.toContain('secret')
  })

  it('follows when the master is made a replica while it lives', async () => {
    const group = await startSentinel()
    bench.atEnd(() => group.stop())
    const link = await bench.open(group.url)
    let changes = 0
    link.onServerChanged(() => changes++)
    await link.run(add, ['a'], ['1'])
    await until('the replica to have it', async () => (await group.replica.cli('GET', 'a')) === '1')
    await group.sentinel.cli('SENTINEL', 'FAILOVER', 'crawl')
    await until('it to be over', async () => {
      await link.run(add, ['a'], ['1'])
      return changes > 0
    })
    expect(await group.replica.info('role')).toBe('master')
  })

  it('asks the others when a Sentinel is away, and says so when none knows the group', async () => {
    const group = await startSentinel()
    bench.atEnd(() => group.stop())
    const gone = await bench.redis()
    await gone.stop()
    const at = `127.0.0.1:${group.sentinel.port}`
    const link = await bench.open(`redis+sentinel://127.0.0.1:${gone.port},${at}/crawl`)
    expect(await link.run(add, ['a'], ['1'])).toBe(1)
    await expect(bench.open(`redis+sentinel://127.0.0.1:${gone.port},${at}/nobody`)).rejects.toMatchObject({
      code: 'ERR_REDIS_GROUP',
      message: `the Sentinel at ${at} knows no group "nobody"`,
    })
    await expect(bench.open(`redis://${at}`)).rejects.toMatchObject({ code: 'ERR_REDIS_MODE' })
  })
})

describe('a link to a Cluster', () => {
  const bench = linkBench()

  it('finds the node of each key, with one connection for each node that is needed', async () => {
    const cluster = await startCluster(3)
    bench.atEnd(() => cluster.stop())
    const link = await bench.open(`redis+cluster://127.0.0.1:${cluster.nodes[1]!.port}`)
    const keys = Array.from({ length: 30 }, (_, at) => `{crawl${at}}:crawl`)
    const before = await Promise.all(cluster.nodes.map(async (node) => Number(await node.info('connected_clients'))))
    expect(await Promise.all(keys.map((key) => link.run(add, [key], ['1'])))).toEqual(keys.map(() => 1))
    for (const [at, node] of cluster.nodes.entries()) {
      expect(Number(await node.info('connected_clients'))).toBe(before[at]! + 1)
      expect(Number(await node.cli('DBSIZE'))).toBeGreaterThan(0)
    }
    expect(bench.said).toEqual([])
  })

  it('hears messages that any node was sent', async () => {
    const cluster = await startCluster(3)
    bench.atEnd(() => cluster.stop())
    const link = await bench.open(cluster.url)
    const heard: string[] = []
    await link.subscribe(
      '{a}:wake',
      (message) => heard.push(message),
      () => undefined,
    )
    for (const [at, node] of cluster.nodes.entries()) await node.cli('PUBLISH', '{a}:wake', at)
    await until('all of them', () => heard.length === 3)
    expect(heard.sort()).toEqual(['0', '1', '2'])
  })

  it('follows a slot that has moved, and says that another server answers', async () => {
    const cluster = await startCluster(3)
    bench.atEnd(() => cluster.stop())
    const link = await bench.open(cluster.url)
    const seen: unknown[] = []
    link.onServerChanged(() => seen.push('changed'))
    const owner = await cluster.ownerOf('{a}')
    await link.command('{a}', ['GET', '{a}'])
    const other = cluster.nodes.find((node) => node !== owner)!
    await cluster.moveSlot('{a}', other)
    // both calls find the slot gone
    const replies = await Promise.all([1, 2].map((by) => link.run(add, ['{a}'], [String(by)])))
    expect([...seen, ...replies]).toEqual(['changed', 1, 3])
    expect(await other.cli('GET', '{a}')).toBe('3')
  })

  it('waits while a slot is on its way, and does nothing at either node', async () => {
    const cluster = await startCluster(3)
    bench.atEnd(() => cluster.stop())
    const link = await bench.open(cluster.url)
    const owner = await cluster.ownerOf('{a}')
    const other = cluster.nodes.find((node) => node !== owner)!
    const slot = Number(await owner.cli('CLUSTER', 'KEYSLOT', '{a}'))
    await other.cli('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(await owner.cli('CLUSTER', 'MYID')))
    await owner.cli('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(await other.cli('CLUSTER', 'MYID')))
    const call = link.run(add, ['{a}'], ['1'])
    await until('it to be said', () => bench.said.some((line) => /are being moved/.test(line)))
    expect(await other.cli('DBSIZE')).toBe(0)
    await cluster.moveSlot('{a}', other)
    expect(await call).toBe(1)
    expect(await other.cli('GET', '{a}')).toBe('1')
    expect(bench.said.at(-1)).toMatch(/info the keys of the crawl are at one node of the Cluster again/)
  })

  it('goes on at the replica when a master dies', async () => {
    const cluster = await startCluster(3, 1)
    bench.atEnd(() => cluster.stop())
    const link = await bench.open(cluster.url)
    const seen: unknown[] = []
    link.onServerChanged(() => seen.push('changed'))
    const heard: string[] = []
    await link.run(add, ['{a}'], ['1'])
    await link.subscribe(
      '{a}:wake',
      (message) => heard.push(message),
      () => undefined,
    )
    const owner = await cluster.ownerOf('{a}')
    const replica = cluster.nodes[3 + cluster.nodes.indexOf(owner)]!
    await until('the replica to have it', async () => Number(await replica.cli('DBSIZE')) === 1)
    await owner.kill('SIGKILL')
    seen.push(await link.run(add, ['{a}'], ['1']))
    expect(seen).toEqual(['changed', 2])
    await until('a message', async () => {
      await replica.cli('PUBLISH', '{a}:wake', 'hello')
      return heard.length > 0
    })
    // who comes now finds it too, though the first node is dead
    const late = await bench.open(`redis+cluster://127.0.0.1:${owner.port},127.0.0.1:${replica.port}`)
    expect(await late.run(add, ['{a}'], ['1'])).toBe(3)
  })

  it('closes while the Cluster is gone', async () => {
    const cluster = await startCluster(3)
    bench.atEnd(() => cluster.stop())
    const link = await bench.open(cluster.url)
    await link.run(add, ['{a}'], ['1'])
    await Promise.all(cluster.nodes.map((node) => node.kill()))
    const calls = ['{a}', '{b}', '{c}'].map((key) => link.run(add, [key], ['1']).catch((error: unknown) => error))
    await until('it to be noticed', () => bench.said.length > 0)
    await link.close()
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ code: 'ERR_REDIS_CLOSED' })
  })
})
