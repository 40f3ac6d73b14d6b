import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RedisServer, startRedis } from '../../../test/support/redis-server.ts'
import compact from '../../redis/lua/seen-compact.lua'
import { luaScript } from '../../redis/lua-script.ts'
import bloom from './lua/seen-bloom.lua'
import scrapyRedis from './lua/seen-scrapy-redis.lua'
import { seenKey, seenKeyOfHex } from './seen-key.ts'

const PRELUDE = `
local P = string.sub(KEYS[1], 1, -6)
local C = { seen = tonumber(redis.call('HGET', KEYS[1], 'seen') or 0) }`
const SAVE = `seen_save() redis.call('HSET', KEYS[1], 'seen', C.seen)`
const ADD = `local r = {} for i = 1, #ARGV do r[i] = seen_add(ARGV[i]) and 1 or 0 end ${SAVE} return r`
const HAS = `local r = {} for i = 1, #ARGV do r[i] = seen_has(ARGV[i]) and 1 or 0 end ${SAVE} return r`
const KEYS = ['{zhihu}:crawl', '{zhihu}:seen']
const FULL_63 = (1n << 63n) - 1n

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())
beforeEach(() => redis.cli('FLUSHALL'))

const sha1 = (text: string): Uint8Array => new Uint8Array(createHash('sha1').update(text).digest())
const keyOf = (i: number, kind: 'compact' | 'bloom' | 'scrapy-redis' = 'compact'): string =>
  seenKey(kind, sha1(`http://site.example/${i}`))
const range = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => keyOf(from + i))

async function run(part: string, body: string, fingerprints: readonly string[], batch = 1000): Promise<number[]> {
  const { source } = luaScript('test', [PRELUDE, part, body])
  const sha = String(await redis.cli('SCRIPT', 'LOAD', source))
  const calls: Promise<number[]>[] = []
  // the connection is opened by the first
  await redis.cli('PING')
  for (let i = 0; i < fingerprints.length; i += batch)
    calls.push(
      redis.cli('EVALSHA', sha, 2, ...KEYS, ...fingerprints.slice(i, i + batch)) as Promise<unknown> as Promise<number[]>,
    )
  return (await Promise.all(calls)).flat()
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
const seenOf = async (): Promise<number> => Number(await redis.cli('HGET', '{zhihu}:crawl', 'seen'))

interface Bucket {
  readonly n: number
  readonly encoding: string
  readonly members: readonly string[]
}

/** Every bucket that there is, found by looking at the keys. */
async function buckets(): Promise<Bucket[]> {
  const keys = (await redis.cli('KEYS', '{zhihu}:dupefilter:*')) as string[]
  return await Promise.all(
    keys.map(async (key) => ({
      n: Number(key.slice(key.lastIndexOf(':') + 1)),
      encoding: String(await redis.cli('OBJECT', 'ENCODING', key)),
      members: (await redis.cli('SMEMBERS', key)) as string[],
    })),
  )
}

async function bookkeeping(): Promise<{ size: number; keys: number }> {
  const [size, keys] = (await redis.cli('HMGET', '{zhihu}:dupefilter', 'size', 'keys')) as string[]
  return { size: Number(size), keys: Number(keys) }
}

/** That each member stands where linear hashing puts it, none twice, and the numbers kept are those of what is there. */
async function checkCompact(expected: ReadonlySet<string>): Promise<Bucket[]> {
  const all = await buckets()
  const { size, keys } = await bookkeeping()
  const half = 2 ** Math.floor(Math.log2(keys))
  for (const { n, members } of all) {
    expect(n).toBeLessThan(keys)
    for (const member of members) {
      const low = Number(BigInt(member) % 1_000_000_000_000n)
      const wanted = low % half < keys - half ? low % (2 * half) : low % half
      if (wanted !== n) throw new Error(`${member} is in bucket ${n}, not ${wanted}, of ${keys}`)
    }
  }
  const members = all.flatMap((bucket) => bucket.members)
  expect(members.find((member) => !expected.has(member))).toBeUndefined()
  expect(new Set(members).size).toBe(expected.size)
  expect(members.length).toBe(expected.size)
  expect(size).toBe(expected.size)
  expect(await seenOf()).toBe(expected.size)
  return all
}

describe('the key of a fingerprint', () => {
  const bytesOf = (value: bigint): Uint8Array => {
    const bytes = new Uint8Array(20)
    new DataView(bytes.buffer).setBigUint64(0, value)
    return bytes
  }

  it('is the first 63 bits in decimal, whatever they are', () => {
    const values = [0n, 1n, 9n, 10n, FULL_63, 1n << 63n, (1n << 64n) - 1n]
    for (let bit = 0n; bit < 64n; bit++) values.push(1n << bit, (1n << bit) - 1n, (1n << bit) + 1n)
    for (let power = 1n; power < 10n ** 19n; power *= 10n) values.push(power - 1n, power, power + 1n, power * 9n)
    for (let i = 0; i < 20_000; i++) values.push(new DataView(sha1(`${i}`).buffer).getBigUint64(0))
    for (const value of values) {
      const bytes = bytesOf(value)
      const wanted = String(value & FULL_63)
      if (seenKey('compact', bytes) !== wanted) throw new Error(`${seenKey('compact', bytes)} for ${wanted}`)
      const ofHex = seenKeyOfHex('compact', Buffer.from(bytes).toString('hex').toUpperCase())
      if (ofHex !== wanted) throw new Error(`${ofHex} for ${wanted}, from hex`)
    }
  })

  it('is all 160 bits in hex for the other kinds', () => {
    const bytes = sha1('x')
    const hex = createHash('sha1').update('x').digest('hex')
    for (const kind of ['bloom', 'scrapy-redis'] as const) {
      expect(seenKey(kind, bytes)).toBe(hex)
      expect(seenKeyOfHex(kind, hex.toUpperCase())).toBe(hex)
    }
    expect(seenKey('bloom', new Uint8Array(30).subarray(5, 25))).toBe('0'.repeat(40))
  })

  it('is not made of what is no fingerprint', () => {
    for (const text of ['', 'f'.repeat(39), 'f'.repeat(41), 'g'.repeat(40), `${'f'.repeat(40)}\n`, ` ${'f'.repeat(39)}`])
      for (const kind of ['compact', 'bloom', 'scrapy-redis'] as const) expect(seenKeyOfHex(kind, text)).toBeUndefined()
  })
})

describe('compact', () => {
  it('says of 300,000 with repeats what a Set says', { timeout: 120_000 }, async () => {
    const model = new Set<string>()
    const fingerprints: string[] = []
    // what repeats is near and far, in the same call and in others
    for (let i = 0; i < 300_000; i++) {
      fingerprints.push(keyOf(i))
      if (i % 10 === 0) fingerprints.push(keyOf(i))
      if (i % 7 === 0) fingerprints.push(keyOf(Math.floor(i / 3)))
    }
    const wanted = fingerprints.map((fp) => model.size < model.add(fp).size)
    const before = Number(await redis.info('used_memory'))
    const added = await run(compact, ADD, fingerprints)
    const after = Number(await redis.info('used_memory'))
    expect(added.findIndex((one, i) => (one === 1) !== wanted[i])).toBe(-1)
    const all = await checkCompact(model)
    expect(all.filter(({ encoding }) => encoding !== 'intset')).toEqual([])
    expect((after - before) / model.size).toBeLessThan(11)
    expect(sum(await run(compact, HAS, [...model]))).toBe(model.size)
    expect(sum(await run(compact, HAS, range(300_000, 330_000)))).toBe(0)
    expect(await run(compact, ADD, [...model].slice(0, 5000))).toEqual(new Array(5000).fill(0))
    expect(await seenOf()).toBe(300_000)
  })

  it('loses none at any growth', async () => {
    // few a call, so that a growth is the last of one call, the first of another, and in between
    const model = new Set<string>()
    for (let round = 0; round < 35; round++) {
      const next = range(round * 181, round * 181 + 181)
      for (const fp of next) model.add(fp)
      expect(sum(await run(compact, ADD, next, 7))).toBe(181)
      await checkCompact(model)
      expect((await bookkeeping()).keys).toBe(Math.max(1, Math.ceil(model.size / 180)))
    }
  })

  it.each([
    ['sequential', (i: number) => BigInt(i)],
    ['sequential from the top', (i: number) => FULL_63 - BigInt(i)],
    ['multiples of 2^20', (i: number) => BigInt(i) << 20n],
    ['multiples of 10^12, all in one bucket', (i: number) => BigInt(i) * 10n ** 12n],
    ['the same low digits', (i: number) => BigInt(i) * 10n ** 12n + 999_999_999_999n],
  ])('is right for fingerprints that are %s', async (_, make) => {
    const fingerprints = Array.from({ length: 9000 }, (_, i) => String(make(i)))
    expect(sum(await run(compact, ADD, fingerprints))).toBe(9000)
    expect(sum(await run(compact, ADD, fingerprints))).toBe(0)
    expect(sum(await run(compact, HAS, fingerprints))).toBe(9000)
    await checkCompact(new Set(fingerprints))
  })

  it('takes the least and the greatest', async () => {
    const ends = ['0', String(FULL_63), '999999999999', '1000000000000', '9']
    expect(await run(compact, HAS, ends)).toEqual([0, 0, 0, 0, 0])
    expect(await run(compact, ADD, [...ends, ...ends])).toEqual([1, 1, 1, 1, 1, 0, 0, 0, 0, 0])
    expect(await redis.cli('OBJECT', 'ENCODING', '{zhihu}:dupefilter:0')).toBe('intset')
  })

  it('reads and writes nothing more than it must', async () => {
    await run(compact, ADD, ['5'])
    const before = await redis.info('rdb_changes_since_last_save')
    await redis.cli('CONFIG', 'RESETSTAT')
    const { source } = luaScript('test', [PRELUDE, compact, `seen_has('5') seen_add('5') seen_save() seen_save()`])
    await redis.cli('EVAL', source, 2, ...KEYS)
    expect(await redis.info('rdb_changes_since_last_save')).toBe(before)
    expect(await redis.info('cmdstat_hset')).toBe('')
    expect(await redis.info('cmdstat_hmget')).toMatch(/^calls=1,/)
    const idle = luaScript('test', [PRELUDE, compact, 'seen_save()'])
    await redis.cli('EVAL', idle.source, 2, ...KEYS)
    expect(await redis.info('cmdstat_hmget')).toMatch(/^calls=1,/)
  })
})

describe('scrapy-redis', () => {
  it('writes what scrapy-redis would, and counts what others wrote', async () => {
    const fingerprints = [1, 2, 3].map((i) => keyOf(i, 'scrapy-redis'))
    await redis.cli('SADD', KEYS[1]!, fingerprints[0]!, keyOf(4, 'scrapy-redis'))
    expect(await run(scrapyRedis, HAS, fingerprints)).toEqual([1, 0, 0])
    expect(await run(scrapyRedis, ADD, [...fingerprints, ...fingerprints])).toEqual([0, 1, 1, 0, 0, 0])
    expect(await redis.cli('SCARD', KEYS[1]!)).toBe(4)
    expect(await redis.cli('SISMEMBER', KEYS[1]!, createHash('sha1').update('http://site.example/2').digest('hex'))).toBe(1)
    expect(await seenOf()).toBe(4)
    expect(await redis.cli('KEYS', '*dupefilter*')).toEqual([])
  })
})

describe('bloom', () => {
  const BITS = 16_381
  const ERROR = 0.02
  const WIDEST = 4
  /** The same filter with small layers that err often enough to be counted. */
  const small = [
    ['ERROR = 1e-6', `ERROR = ${ERROR}`],
    ['BITS = 33554347', `BITS = ${BITS}`],
    ['WIDEST = 128', `WIDEST = ${WIDEST}`],
  ].reduce((part, [from, to]) => {
    if (!part.includes(from!)) throw new Error(`no ${from} in the script`)
    return part.replace(from!, to!)
  }, bloom)
  const fingerprints = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, i) => keyOf(from + i, 'bloom'))
  const hashesOf = (layer: number): number => Math.ceil(Math.log2((Math.PI ** 2 * (layer + 1) ** 2) / (6 * ERROR)))
  const roomOf = (layer: number): number => Math.floor((0.99 * BITS * Math.LN2) / hashesOf(layer)) * Math.min(2 ** layer, WIDEST)

  it('errs as often as the formula says over all layers, and never forgets', { timeout: 120_000 }, async () => {
    const rooms = [0, 1, 2, 3, 4].map(roomOf)
    const total = sum(rooms)
    // as many as fill five layers, those taken for seen included
    const all = fingerprints(0, Math.ceil(total * 1.02))
    const added: string[] = []
    let size = 0
    for (let at = 0; size < total - 1; ) {
      const next = all.slice(at, at + Math.min(500, total - 1 - size))
      at += next.length
      if (next.length === 0) throw new Error(`${all.length} fingerprints do not fill ${total} places`)
      added.push(...next)
      size += sum(await run(small, ADD, next, 100))
    }
    expect(await bookkeeping()).toEqual({ size, keys: 1 + 2 + 4 + 4 + 4 + 4 })
    expect(await seenOf()).toBe(size)
    expect(sum(await run(small, HAS, added))).toBe(added.length)
    expect(sum(await run(small, ADD, added))).toBe(0)

    const strangers = fingerprints(1_000_000, 1_030_000)
    const wrong = sum(await run(small, HAS, strangers)) / strangers.length
    const right = rooms.reduce((product, room, i) => {
      const k = hashesOf(i)
      return product * (1 - (1 - Math.exp((-k * room) / Math.min(2 ** i, WIDEST) / BITS)) ** k)
    }, 1)
    expect(wrong).toBeLessThan(ERROR)
    // 30,000 questions: three standard deviations are 15 % of the rate
    expect(wrong / (1 - right)).toBeGreaterThan(0.85)
    expect(wrong / (1 - right)).toBeLessThan(1.15)
  })

  it('has the segments of the next layer before that begins, each made whole', async () => {
    const room = roomOf(0)
    await run(small, ADD, fingerprints(0, Math.floor(room * 0.85)), 50)
    expect((await bookkeeping()).keys).toBe(1)
    let at = Math.floor(room * 0.85)
    while ((await bookkeeping()).size < room - 1) await run(small, ADD, fingerprints(at, ++at))
    expect((await bookkeeping()).keys).toBe(3)
    for (const n of [0, 1, 2]) expect(await redis.cli('STRLEN', `{zhihu}:dupefilter:${n}`)).toBe(Math.ceil(BITS / 8))
    expect(await redis.cli('BITCOUNT', '{zhihu}:dupefilter:1')).toBe(0)
    await run(small, ADD, fingerprints(at, at + 100))
    expect(Number(await redis.cli('BITCOUNT', '{zhihu}:dupefilter:1'))).toBeGreaterThan(0)
  })

  it('takes 4 MiB for the first million, and writes nothing for what is there', async () => {
    expect(await run(bloom, HAS, fingerprints(0, 3))).toEqual([0, 0, 0])
    expect(await redis.cli('EXISTS', '{zhihu}:dupefilter:0', '{zhihu}:dupefilter')).toBe(0)
    const zero = '0'.repeat(40)
    const all = [...fingerprints(0, 2000), zero, 'f'.repeat(40)]
    expect(sum(await run(bloom, ADD, all))).toBe(2002)
    const bytes = Number(await redis.cli('MEMORY', 'USAGE', '{zhihu}:dupefilter:0'))
    expect(bytes).toBeGreaterThan(4_194_000)
    expect(bytes).toBeLessThan(4_195_000)
    const before = Number(await redis.info('rdb_changes_since_last_save'))
    expect(sum(await run(bloom, ADD, all))).toBe(0)
    // but for the test's own write of C.seen, once a call
    expect(Number(await redis.info('rdb_changes_since_last_save')) - before).toBeLessThanOrEqual(3)
    expect(sum(await run(bloom, HAS, fingerprints(2000, 12_000)))).toBe(0)
  })
})
