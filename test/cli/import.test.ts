import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { recordedCommands, recordedQueues, sendBytes } from '../support/scrapy-redis.ts'

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
beforeEach(() => redis.cli('FLUSHALL'))
afterAll(() => redis.stop())

/** Runs a command line in this process, which has no terminal. */
async function skein(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' }
  const listen = (name: 'stdout' | 'stderr') =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += String(text)
      return true
    })
  const spies = [listen('stdout'), listen('stderr')]
  try {
    const code = await main(args)
    return { code, ...said }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

const imported = (...args: string[]) => skein('import', 'scrapy-redis', 'shop', '--redis', redis.url, ...args)

describe('skein import scrapy-redis', () => {
  it('says what it did, and what it did not, in columns', async () => {
    await sendBytes(redis.url, recordedCommands('priority'))
    const { code, stdout, stderr } = await imported()
    expect(stderr).toBe('')
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      'imported\tread\tadded\tthere already\tunreadable',
      'requests\t27\t27\t0\t0',
      'fingerprints\t41\t20\t21\t0',
    ])
    expect(stdout).toContain('The source is as it was.')
    expect(code).toBe(0)
    expect(await redis.cli('HGET', '{shop}:crawl', 'queued')).toBe('27')
    expect(await redis.cli('ZCARD', '{shop}:workers')).toBe(0)

    const again = await imported('--json', '--job', 'other')
    expect(JSON.parse(again.stdout)).toEqual({
      crawl: 'shop.other',
      dryRun: false,
      requestsKey: 'shop:requests',
      dupefilterKey: 'shop:dupefilter',
      order: 'priority',
      requests: { read: 27, added: 27, present: 0, overBudget: 0, unreadable: 0 },
      fingerprints: { read: 41, added: 20, present: 21, unreadable: 0 },
      problems: [],
      changed: false,
      interrupted: false,
      deleted: [],
    })
  })

  it('ends with 1 when something could not be read, and says what', async () => {
    await sendBytes(redis.url, [
      ['LPUSH', 'shop:requests', Buffer.from(recordedQueues.bad['what would run a command']!, 'base64')],
    ])
    const { code, stdout } = await imported('--order', 'fifo', '--delete')
    expect(code).toBe(1)
    expect(stdout).toContain('shop:requests, index -1: The pickle has GLOBAL (os.system)')
    expect(stdout).toContain('Nothing was deleted')
    expect(await redis.cli('LLEN', 'shop:requests')).toBe(1)
  })

  it('changes nothing in a dry run', async () => {
    await sendBytes(redis.url, recordedCommands('lifo'))
    const { code, stdout } = await imported('--dry-run', '--order', 'lifo')
    expect(stdout).toContain('requests\t29\t-\t-\t0\n')
    expect(code).toBe(0)
    expect(((await redis.cli('KEYS', '*')) as string[]).sort()).toEqual(['shop:dupefilter', 'shop:requests'])
  })

  it('takes keys of other names, and deletes them when all is there', async () => {
    await sendBytes(redis.url, recordedCommands('fifo'))
    await redis.cli('RENAME', 'shop:requests', 'q:shop')
    await redis.cli('RENAME', 'shop:dupefilter', 'seen')
    const keys = ['--requests-key', 'q:%(spider)s', '--dupefilter-key', 'seen']
    const { code, stdout } = await imported(...keys, '--order', 'fifo', '--delete')
    expect(stdout).toContain('Deleted: q:shop, seen')
    expect(code).toBe(0)
    expect(await redis.cli('EXISTS', 'q:shop', 'seen')).toBe(0)
  })

  it.each([
    [['--order', 'newest'], 'Allowed choices'],
    [['--dry-run', '--delete'], 'Expected --dry-run or --delete'],
    [[], 'nothing to import'],
  ])('%j is wrong usage', async (args, words) => {
    const { code, stderr, stdout } = await imported(...args)
    expect(stderr).toContain(words)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })

  it('says how to read a list when it must be said', async () => {
    await sendBytes(redis.url, recordedCommands('lifo'))
    const { code, stderr } = await imported()
    expect(stderr).toContain('--order fifo (FifoQueue, SpiderQueue) or --order lifo (LifoQueue, SpiderStack)')
    expect(code).toBe(2)
  })

  it('refuses what would lose pages: a seen set that is the source itself, and fingerprints of another kind', async () => {
    await sendBytes(redis.url, recordedCommands('priority'))
    vi.stubEnv('SKEIN_DEDUPE', 'scrapy-redis')
    const same = await imported()
    vi.stubEnv('SKEIN_DEDUPE', undefined)
    vi.stubEnv('SKEIN_FINGERPRINT', 'scrapy')
    const other = await imported()
    const without = await imported('--no-dupefilter')
    vi.unstubAllEnvs()
    expect(same.stderr).toContain('RENAME shop:dupefilter shop:dupefilter:old')
    expect(other.stderr).toContain('they never agree')
    expect([same.code, other.code, without.code]).toEqual([2, 2, 0])
    expect(without.stdout).toContain('fingerprints\t0\t0\t0\t0\n')
  })

  it('says in one line that there is no Redis', async () => {
    const { code, stderr } = await skein('import', 'scrapy-redis', 'shop', '--redis', 'redis://me:secret@127.0.0.1:1')
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(stderr).not.toContain('secret')
    expect(code).toBe(1)
  })
})
