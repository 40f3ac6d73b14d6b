import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startReplica } from '../../support/redis-groups.ts'
import { type RedisServer, startRedis } from '../../support/redis-server.ts'
import { startProxy } from '../../support/tcp-proxy.ts'
import { Arena, pause } from '../arena.ts'
import { examine } from '../findings.ts'
import { startGate } from '../gate.ts'
import type { Row } from '../row.ts'

const run = promisify(execFile)

/** Redis is killed and comes back with what its append-only file has. */
export const redisDies: Row = {
  name: 'kill-redis',
  fault: 'Redis (kill -9), restarted with its append-only file',
  injected: '`kill -9` of `redis-server`, started again 1 s later in the same directory (`appendfsync everysec`)',
  outcome: 'Workers hold, connect again, open new sessions and go on. Pages in flight are fetched again.',
  async run({ progress, short }) {
    const pages = short ? 250 : 1200
    const times = short ? 1 : 3
    const redis = { args: ['--appendonly', 'yes', '--appendfsync', 'everysec'] }
    await using arena = await Arena.open({ site: { pages }, redis, settings: { delay: 0.04 }, progress })
    arena.startMany(short ? 2 : 3)
    for (let time = 1; time <= times; time++) {
      await arena.reached((pages * time) / (times + 2))
      await arena.redis.kill('SIGKILL')
      await pause(short ? 300 : 1000)
      await arena.redis.restart()
    }
    await arena.over()
    return await examine(arena, { times, delay: 40 })
  },
}

/** What Redis has after its restart is from an earlier time. */
export const redisRestored: Row = {
  name: 'old-rdb',
  fault: 'Redis, restored from an old snapshot (RDB)',
  injected: '`SAVE`; 2 s later `kill -9`; started again from the snapshot',
  outcome:
    'Queue, seen set, items and counts are those of the snapshot, together: what came after it is done again, nothing is missing or there twice.',
  async run({ progress }) {
    await using arena = await Arena.open({ site: { pages: 1200 }, settings: { delay: 0.04 }, progress })
    arena.startMany(3)
    await arena.reached(300)
    await arena.redis.cli('SAVE')
    const { done: then } = await arena.snapshot()
    await pause(2000)
    const { done: before } = await arena.snapshot()
    await arena.redis.kill('SIGKILL')
    await arena.redis.restart()
    await arena.over()
    const problems = before > then + 50 ? [] : ['nothing was done between the snapshot and the end of the server']
    return await examine(arena, { delay: 40, problems, notes: [`${before - then} pages were rolled back`] })
  },
}

/** The crawl's keys are gone: nothing to go on with, and nothing to invent. */
export const redisEmptied: Row = {
  name: 'emptied',
  fault: 'Redis loses everything (FLUSHALL; a restart without persistence)',
  injected: 'FLUSHALL, and in a second crawl a `kill -9` and a restart with an empty directory',
  outcome:
    'Every worker ends with exit code 1 and says that the crawl is gone. Started again it is a new crawl, from the beginning.',
  async run({ progress }) {
    await using arena = await Arena.open({ site: { pages: 500 }, settings: { delay: 0.04 }, progress })
    const problems: string[] = []
    for (const empty of [() => arena.redis.cli('FLUSHALL'), () => arena.redis.restart()]) {
      const workers = arena.startMany(3)
      await arena.until('three workers', ({ workers: count }) => count === 3)
      await arena.reached(arena.site.asked + 100)
      await empty()
      await arena.over(30_000)
      for (const worker of workers) {
        worker.doomed = true
        const { code, stderr } = worker.ended!
        if (code !== 1) problems.push(`a worker of a crawl that is gone ended with ${code}`)
        if (!stderr.includes('failed (frontier_error)') || !stderr.includes('ERR_CRAWL_GONE'))
          problems.push(`a worker did not say that the crawl is gone: ${stderr.slice(-500)}`)
      }
      const left = (await arena.redis.cli('KEYS', '*')) as readonly string[]
      if (left.length > 0) problems.push(`workers of a crawl that is gone wrote ${left.join(', ')}`)
    }
    arena.startMany(2)
    await arena.over()
    const found = await examine(arena, { times: 2, delay: 40, problems })
    // two crawls that were lost on purpose, and one that counts
    return { ...found, fetchedTwice: 0, notes: ['what the two emptied crawls had fetched is not counted'] }
  },
}

/** A replica takes over that has not got the last writes. */
export const failover: Row = {
  name: 'failover',
  fault: 'Redis, failing over to a replica that lags',
  injected: 'the line to the replica holds still for 2 s, the master is killed, the replica promoted, the address moved to it',
  outcome: 'As for an old snapshot: the last seconds are done again. What workers believed to be seen they ask again.',
  async run({ progress }) {
    const master = await startRedis()
    const line = await startProxy(master.port)
    let replica: RedisServer | undefined
    const gate = await startGate(master.port)
    try {
      replica = await startReplica({ ...master, port: line.port }, {})
      let current = master
      await using arena = await Arena.open({
        site: { pages: 1200 },
        settings: { delay: 0.04 },
        server: { url: `redis://127.0.0.1:${gate.port}`, command: (...args) => current.cli(...args) },
        progress,
      })
      arena.startMany(3)
      await arena.reached(300)
      line.blackhole()
      await pause(2000)
      const { done: before } = await arena.snapshot()
      await master.kill('SIGKILL')
      current = replica
      await replica.cli('REPLICAOF', 'NO', 'ONE')
      const { done: then } = await arena.snapshot()
      gate.moveTo(replica.port)
      await arena.over()
      const problems = before > then + 50 ? [] : ['the replica did not lag']
      return await examine(arena, { delay: 40, problems, notes: [`the replica lacked ${before - then} pages`] })
    } finally {
      await gate.close()
      await line.close()
      await replica?.stop()
      await master.stop()
    }
  },
}

/** Redis refuses to grow. */
export const redisFull: Row = {
  name: 'out-of-memory',
  fault: 'Redis is full (`maxmemory`, noeviction)',
  injected: '`CONFIG SET maxmemory` to what is used, for 5 s; twice',
  outcome:
    'No step is half made. Workers say that Redis is full and hold; what frees memory goes on. When there is room again, so does the crawl.',
  async run({ progress }) {
    await using arena = await Arena.open({ site: { pages: 1200 }, settings: { delay: 0.04 }, progress })
    arena.startMany(3)
    const problems: string[] = []
    for (const at of [200, 600]) {
      await arena.reached(at)
      await arena.redis.cli('CONFIG', 'SET', 'maxmemory', await arena.redis.info('used_memory'))
      await pause(5000)
      if (arena.living.length < 3) problems.push('a worker ended while Redis was full')
      const { state } = await arena.snapshot()
      if (state !== 'running') problems.push(`the crawl was ${state} while Redis was full`)
      await arena.redis.cli('CONFIG', 'SET', 'maxmemory', 0)
    }
    await arena.over()
    for (const { ended } of arena.workers)
      if (!/Redis is full|maxmemory|memory/i.test(ended!.stderr)) problems.push('a worker did not say that Redis is full')
    return await examine(arena, { times: 2, delay: 40, problems })
  },
}

/** A Redis that throws keys away is no place for a crawl. */
export const eviction: Row = {
  name: 'eviction',
  fault: 'Redis evicts keys (`maxmemory-policy` other than noeviction)',
  injected: '`CONFIG SET maxmemory-policy allkeys-lru` before workers start',
  outcome: 'Workers refuse to start (exit code 1, nothing written) and say which setting to change. Then the crawl runs.',
  async run({ progress }) {
    await using arena = await Arena.open({ site: { pages: 200 }, settings: { delay: 0 }, progress })
    await arena.redis.cli('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    const refused = arena.start()
    refused.doomed = true
    const { code, stderr } = await refused.running.ended
    const problems: string[] = []
    if (code !== 1 || !/maxmemory-policy/.test(stderr)) problems.push(`a worker ended with ${code}: ${stderr.slice(-300)}`)
    const keys = await arena.redis.cli('DBSIZE')
    if (keys !== 0) problems.push(`a worker that refused to start wrote ${keys} keys`)
    await arena.redis.cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
    arena.startMany(2)
    await arena.over()
    return await examine(arena, { delay: 0, problems })
  },
}

/** The disk that Redis writes to is full. */
export const diskFull: Row = {
  name: 'disk-full',
  fault: 'the disk of the append-only file is full',
  injected: 'a file that fills the file system (a small tmpfs) up for 5 s; twice',
  outcome: 'As when Redis is full: workers hold while it refuses to write (MISCONF), and go on when there is room.',
  async run({ progress }) {
    const dir = mkdtempSync(join(tmpdir(), 'skein-chaos-disk-'))
    try {
      await run('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', dir])
    } catch (error) {
      rmSync(dir, { recursive: true })
      throw new Error(`a small file system could not be mounted, which takes root: ${(error as Error).message}`)
    }
    try {
      const ballast = join(dir, 'ballast')
      writeFileSync(ballast, '')
      await using arena = await Arena.open({
        site: { pages: 1200 },
        settings: { delay: 0.04 },
        redis: { dir, args: ['--appendonly', 'yes', '--appendfsync', 'everysec', '--auto-aof-rewrite-percentage', '0'] },
        progress,
      })
      arena.startMany(3)
      const problems: string[] = []
      for (const at of [200, 600]) {
        await arena.reached(at)
        // to the last byte, also of those pages that the log had begun
        for (const until = performance.now() + 5000; performance.now() < until; await pause(20)) {
          const { bavail, bsize } = statfsSync(dir)
          if (bavail > 0)
            await run('fallocate', ['-o', String(await sizeOf(ballast)), '-l', String(bavail * bsize), ballast]).catch(
              () => undefined,
            )
        }
        if (arena.living.length < 3) problems.push('a worker ended while the disk was full')
        truncateSync(ballast)
      }
      await arena.over()
      for (const { ended } of arena.workers)
        if (!/MISCONF|disk|AOF/i.test(ended!.stderr)) problems.push('a worker did not say that Redis cannot write')
      return await examine(arena, { times: 2, delay: 40, problems })
    } finally {
      await run('umount', [dir])
      rmSync(dir, { recursive: true })
    }
  },
}

async function sizeOf(file: string): Promise<number> {
  const { stdout } = await run('stat', ['-c', '%s', file])
  return Number(stdout)
}

/** The clock of the Redis machine jumps. */
export const clockJumps: Row = {
  name: 'redis-clock',
  fault: 'the clock of the Redis machine jumps',
  injected:
    'an hour ahead, then an hour back, by a library in front of `gettimeofday`; a worker is killed right before each jump',
  outcome: 'No wait becomes longer than its delay, no dead session lives on: what is later than it can be is taken to be due.',
  async run({ progress }) {
    const dir = mkdtempSync(join(tmpdir(), 'skein-chaos-clock-'))
    try {
      const library = join(dir, 'clock.so')
      const offset = join(dir, 'offset')
      const jumpTo = (ms: number): void => {
        const bytes = Buffer.alloc(8)
        bytes.writeBigInt64LE(BigInt(ms))
        writeFileSync(offset, bytes, { flag: 'r+' })
      }
      writeFileSync(offset, Buffer.alloc(8))
      await run('cc', ['-shared', '-fPIC', '-O2', '-o', library, join(import.meta.dirname, '..', 'clock.c')])
      await using arena = await Arena.open({
        site: { pages: 1200 },
        settings: { delay: 0.04 },
        redis: { env: { LD_PRELOAD: library, CLOCK_OFFSET_FILE: offset } },
        progress,
      })
      arena.startMany(3)
      const hour = 3_600_000
      for (const [at, ms] of [
        [200, hour],
        [500, 0],
        [800, -hour],
      ] as const) {
        await arena.reached(at)
        await arena.kill(arena.living[0]!)
        jumpTo(ms)
        arena.start()
      }
      await arena.over()
      return await examine(arena, { times: 3, delay: 40 })
    } finally {
      rmSync(dir, { recursive: true })
    }
  },
}
