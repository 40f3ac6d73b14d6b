import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type HtmlResponse,
  type Item,
  type ItemInfo,
  type Pipeline,
  type PipelineContext,
  type RedisItemsOptions,
  redisItems,
  resolveSettings,
  Spider,
  Stats,
} from '../../src/index.ts'
import { pipelineContext } from '../support/pipeline-context.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { run } from '../support/run.ts'
import { type Site, startSite } from '../support/site.ts'

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())
beforeEach(() => redis.cli('FLUSHALL'))

const info = (key: string): ItemInfo => ({ key, request: undefined, response: undefined })
const list = async (key: string): Promise<string[]> => (await redis.cli('LRANGE', key, 0, -1)) as string[]
const keys = async (): Promise<string[]> => ((await redis.cli('KEYS', '*')) as string[]).sort()

let open: Pipeline[] = []
afterEach(async () => {
  for (const pipeline of open.splice(0)) await pipeline.close?.()
  open = []
})

async function opened(options: Partial<RedisItemsOptions> = {}, context: Partial<PipelineContext> = {}): Promise<Pipeline> {
  const pipeline = redisItems({ url: redis.url, ...options })
  await pipeline.open?.(pipelineContext(context))
  open.push(pipeline)
  return pipeline
}

/** Passes items on their way, each with a key of its own, until they are in the list. */
async function store(pipeline: Pipeline, items: readonly Item[], name = (i: number) => `key-${i}`): Promise<void> {
  for (const [i, item] of items.entries()) expect(await pipeline.process(item, info(name(i)))).toBe(item)
  await pipeline.flush?.()
}

const numbers = (count: number): { n: number }[] => Array.from({ length: count }, (_, n) => ({ n }))
const texts = (count: number): string[] => numbers(count).map(({ n }) => `{"n": ${n}}`)

describe('redisItems', () => {
  it('appends one JSON object for each item, in their order', async () => {
    const stats = new Stats()
    await store(await opened({}, { stats }), [
      { title: 'Süßes "Æ"\n', price: 1.5, none: null, not: undefined, nan: Number.NaN },
      { at: new Date(0), big: 2n ** 70n, deep: { list: [1, 'a', {}] }, face: '😀' },
    ])
    expect(await list('test:items')).toEqual([
      String.raw`{"title": "S\u00fc\u00dfes \"\u00c6\"\n", "price": 1.5, "none": null, "nan": null}`,
      String.raw`{"at": "1970-01-01T00:00:00.000Z", "big": 1180591620717411303424, "deep": {"list": [1, "a", {}]}, "face": "\ud83d\ude00"}`,
    ])
    expect(stats.flat()).toEqual({ 'redisItems/stored_count': 2 })
  })

  it.each([
    ['its own', {}, {}, 'test:items'],
    ['one with the name', { key: 'all:%(spider)s' }, {}, 'all:test'],
    ['one without', { key: 'all' }, {}, 'all'],
    ['that of a job', {}, { settings: resolveSettings([{ name: 'the test', values: { job: 'b' } }]) }, 'test.b:items'],
  ])('takes for its key %s', async (_, options, context, key) => {
    await store(await opened(options, context), [{ n: 1 }])
    expect(await list(key)).toEqual(['{"n": 1}'])
  })

  it('appends an item once in a run of the crawl, whatever is done twice, and again in the next', async () => {
    const stats = new Stats()
    await store(await opened({}, { stats }), numbers(3))
    await store(await opened({}, { stats }), numbers(5))
    await store(await opened({ batchSize: 1 }, { stats }), numbers(5))
    expect(await list('test:items')).toEqual(texts(5))
    expect(stats.flat()).toEqual({ 'redisItems/stored_count': 13, 'redisItems/repeated_count': 8 })
    await store(await opened({}, { crawlId: 'the next' }), numbers(2))
    expect(await list('test:items')).toEqual([...texts(5), ...texts(2)])
  })

  it('does so when an item comes twice before it is stored: the first stays', async () => {
    const pipeline = await opened()
    await pipeline.process({ n: 1 }, info('a'))
    await pipeline.process({ n: 2 }, info('b'))
    await pipeline.process({ n: 3 }, info('a'))
    await pipeline.flush?.()
    expect(await list('test:items')).toEqual(['{"n": 1}', '{"n": 2}'])
  })

  it('does so after readers have taken the items', async () => {
    await store(await opened(), numbers(3))
    await redis.cli('LPOP', 'test:items', 3)
    await store(await opened(), numbers(4))
    expect(await list('test:items')).toEqual(['{"n": 3}'])
  })

  it('does so for many workers at once', async () => {
    const workers = await Promise.all(Array.from({ length: 5 }, () => opened({ batchSize: 7 })))
    await Promise.all(workers.map((worker) => store(worker, numbers(60))))
    expect((await list('test:items')).sort()).toEqual(texts(60).sort())
  })

  it('keeps lists apart, and appends what a second pipeline brings to the same list once', async () => {
    await store(await opened({ key: 'a' }), numbers(2))
    await store(await opened({ key: 'b' }), numbers(2))
    await store(await opened({ key: 'a' }), numbers(2))
    expect([await list('a'), await list('b')]).toEqual([texts(2), texts(2)])
  })

  it('appends only what `when` says, and passes the rest', async () => {
    await store(await opened({ when: (item) => (item as { n: number }).n > 1 }), numbers(4))
    expect(await list('test:items')).toEqual(['{"n": 2}', '{"n": 3}'])
  })

  it('takes batches beyond what a Lua call can, and holds two of them', async () => {
    const items = numbers(9000)
    await store(await opened({ batchSize: 9000 }), items)
    expect(await list('test:items')).toEqual(texts(9000))
    const pipeline = await opened({ batchSize: 5 }, { crawlId: 'b' })
    const results = items.slice(0, 25).map((item, i) => pipeline.process(item, info(`k${i}`)))
    expect(results.filter((one) => one instanceof Promise)).toHaveLength(15)
    await Promise.all(results)
    await pipeline.flush?.()
    expect(await redis.cli('LLEN', 'test:items')).toBe(9025)
  })

  it('remembers in packed sets, all of which are forgotten in time', async () => {
    const pipeline = await opened({ remember: 100 })
    const key = (i: number): string => `709dc9b7${i}-0`
    await store(pipeline, numbers(12_000), key)
    await store(pipeline, numbers(12_000), key)
    expect(await redis.cli('LLEN', 'test:items')).toBe(12_000)
    const remembered = (await keys()).filter((name) => name !== 'test:items')
    const sets = remembered.filter((name) => name !== 'test:items:pushed:test-crawl:dupefilter')
    expect(sets.length).toBeGreaterThan(60)
    expect(sets.length).toBe(remembered.length - 1)
    for (const name of sets) expect(await redis.cli('OBJECT', 'ENCODING', name)).toBe('intset')
    const left = await Promise.all(remembered.map((name) => redis.cli('PTTL', name)))
    expect(left.filter((ms) => !(Number(ms) > 0 && Number(ms) <= 100_000))).toEqual([])
    expect(await redis.cli('TTL', 'test:items')).toBe(-1)
    let bytes = 0
    for (const name of remembered) bytes += Number(await redis.cli('MEMORY', 'USAGE', name))
    expect(bytes / 12_000).toBeLessThan(14)
  })

  it('remembers for as long again with each use, and appends again what was forgotten', async () => {
    await store(await opened({ remember: 100 }), numbers(3))
    const [remembered] = (await keys()).filter((name) => name.endsWith(':0'))
    await store(await opened({ remember: 500 }), numbers(1))
    expect(Number(await redis.cli('TTL', remembered!))).toBeGreaterThan(400)
    await redis.cli('DEL', remembered!)
    await store(await opened(), numbers(3))
    expect(await redis.cli('LLEN', 'test:items')).toBe(6)
  })

  it('names the field of an item that has no form in JSON, and appends the others', async () => {
    const pipeline = await opened()
    await pipeline.process({ n: 0 }, info('a'))
    expect(() => pipeline.process({ n: new Map() }, info('b'))).toThrow('its field "n" is a Map')
    await pipeline.process({ n: 1 }, info('c'))
    await pipeline.flush?.()
    expect(await list('test:items')).toEqual(texts(2))
  })

  it('appends what is large', async () => {
    await store(await opened(), [{ text: 'x'.repeat(20_000_000) }, { n: 1 }])
    expect(await redis.cli('LLEN', 'test:items')).toBe(2)
  })

  it.each<[string, object, string]>([
    ['no URL', {}, 'ERR_REDIS_URL'],
    ['another scheme', { url: 'mongodb://a' }, 'ERR_REDIS_URL'],
    ['a URL that is a number', { url: 3 }, 'ERR_PIPELINE_OPTION'],
    ['an unknown option', { url: 'redis://a', list: 'x' }, 'ERR_PIPELINE_OPTION'],
    ['an empty key', { url: 'redis://a', key: '' }, 'ERR_PIPELINE_OPTION'],
    ['no time to remember', { url: 'redis://a', remember: 0 }, 'ERR_PIPELINE_OPTION'],
    ['a flag that is none', { url: 'redis://a', allowEviction: 'yes' }, 'ERR_PIPELINE_OPTION'],
  ])('refuses %s when it is made', (_, options, code) => {
    expect(() => redisItems(options as RedisItemsOptions)).toThrow(expect.objectContaining({ code }))
  })
})

describe('redisItems in a crawl', () => {
  let site: Site
  beforeAll(async () => {
    site = await startSite(Object.fromEntries(['/1', '/2', '/3'].map((path) => [path, `<h1>Page é ${path}</h1>`])))
  })
  afterAll(() => site.close())

  class Pages extends Spider {
    override *start() {
      for (const n of [1, 2, 3]) yield this.request(`${site.url}/${n}`)
      yield { seed: true }
    }
    override *parse(page: HtmlResponse) {
      yield { title: page.css('h1::text').get(), n: 1 }
      yield { url: page.url.slice(-2), tags: ['a', 'ü'] }
    }
  }
  const split: Pipeline = { name: 'split', process: (item) => [item, { part: 2, ...item }] }

  it('appends byte for byte what the setting appends', async () => {
    await run(Pages, { redis: redis.url, redisItems: true, itemsKey: 'by-setting' })
    await run(Pages, { pipelines: [redisItems({ url: redis.url, key: 'by-pipeline' })] })
    const [expected, found] = [await list('by-setting'), await list('by-pipeline')]
    expect(expected).toHaveLength(7)
    expect(found.sort()).toEqual(expected.sort())
  })

  it('appends each part of an item that was split', async () => {
    await run(Pages, { pipelines: [split, redisItems({ url: redis.url })] })
    expect(new Set(await list('pages:items')).size).toBe(14)
  })

  it('counts the items of a page that is asked for twice on purpose, and has the first', async () => {
    class Twice extends Spider {
      override *start() {
        for (let i = 0; i < 2; i++) yield this.request(`${site.url}/1`, { dontFilter: true })
      }
      override parse() {
        return { n: 1 }
      }
    }
    const { stats } = await run(Twice, { pipelines: [redisItems({ url: redis.url })] })
    expect(await list('twice:items')).toEqual(['{"n": 1}'])
    expect(stats).toMatchObject({ 'redisItems/stored_count': 2, 'redisItems/repeated_count': 1 })
  })

  it('works beside a crawl that is in the same Redis', async () => {
    const { counts } = await run(Pages, { redis: redis.url, pipelines: [redisItems({ url: redis.url })] })
    expect(counts).toMatchObject({ done: 3, dead: 0 })
    expect(new Set(await list('pages:items')).size).toBe(7)
    expect(await list('pages:items')).toHaveLength(7)
  })

  it('refuses to append to the list of the setting, by whatever URL it is called', async () => {
    const asked = site.log.length
    for (const url of [redis.url, `redis://localhost:${redis.port}/0`, `unix://${redis.socket}`]) {
      await expect(run(Pages, { redis: redis.url, redisItems: true, pipelines: [redisItems({ url })] })).rejects.toMatchObject({
        name: 'UsageError',
        code: 'ERR_PIPELINE_OPTION',
        message: expect.stringContaining('append to the same list, pages:items: every item would be there twice'),
      })
    }
    expect(site.log.length).toBe(asked)
  })

  it('appends beside the setting to another list, and to the same one of another database', async () => {
    const settings = { redis: redis.url, redisItems: true }
    await run(Pages, { ...settings, pipelines: [redisItems({ url: redis.url, key: 'more' })] })
    await run(Pages, { ...settings, pipelines: [redisItems({ url: `${redis.url}/3` })] })
    expect(await redis.cli('LLEN', 'pages:items')).toBe(14)
    expect(await redis.cli('LLEN', 'more')).toBe(7)
    await redis.cli('SELECT', 3)
    const elsewhere = await redis.cli('LLEN', 'pages:items')
    await redis.cli('SELECT', 0)
    expect(elsewhere).toBe(7)
  })
})
