import { createClient } from '@redis/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Folder, type Running, type Site, serve } from '../support/cli.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'

const PAGES = 400
const ITEMS = 3
const KILLS = 12
const everyItem = Array.from({ length: PAGES * ITEMS }, (_, i) => `${Math.floor(i / ITEMS)}-${i % ITEMS}`)

let redis: RedisServer
let site: Site
let folder: Folder

beforeAll(async () => {
  redis = await startRedis({ args: ['--notify-keyspace-events', 'Kl'] })
  // page n links to 3n+1, 3n+2 and 3n+3
  site = await serve((request, response) => {
    const n = Number(request.url!.slice(1))
    const children = [3 * n + 1, 3 * n + 2, 3 * n + 3].filter((child) => child < PAGES)
    response.end(children.map((child) => `<a href="/${child}">${child}</a>`).join(''))
  })
  folder = new Folder({
    'skein.config.ts': `import { defineConfig, redisItems } from 'skein'
export default defineConfig({ logLevel: 'warn', obeyRobotsTxt: false, concurrency: 6, concurrencyPerSlot: 6, delay: 0, maxDeliveries: 100,
  pipelines: [redisItems({ url: '${redis.url}', batchSize: 5 })] })`,
    'spiders/tree.ts': `import { Spider, type HtmlResponse } from 'skein'
export class Tree extends Spider {
  override *start() { yield this.request('${site.url}/0') }
  override *parse(page: HtmlResponse) {
    for (let i = 0; i < ${ITEMS}; i++) yield { id: page.url.slice(${site.url.length + 1}) + '-' + i }
    yield* page.followAll('a')
  }
}`,
  })
})
afterAll(async () => {
  folder?.remove()
  await site?.[Symbol.asyncDispose]()
  await redis?.stop()
})

/** Numbers that are the same in each run. */
function* numbers(seed: number): Generator<number, never> {
  for (let n = seed; ; ) yield (n = (n * 1_103_515_245 + 12_345) % 2 ** 31)
}

it('has every item in the list once, though its worker is killed again and again between appending and committing', {
  timeout: 120_000,
}, async () => {
  const random = numbers(5)
  const crawl = (): Running => folder.start(['crawl', 'tree', '--job-dir', 'job'])
  const ears = await createClient({ url: redis.url }).connect()
  let left = Number.POSITIVE_INFINITY
  let worker: Running | undefined
  // told of as soon as Redis has done it: its answer is on the way to the worker, which has not committed the pages
  await ears.subscribe('__keyspace@0__:tree:items', (event) => {
    if (event === 'rpush' && --left === 0) worker?.process.kill('SIGKILL')
  })
  for (let kills = 0; kills < KILLS; kills++) {
    left = 1 + (random.next().value % 8)
    worker = crawl()
    const { stderr } = await worker.ended
    expect({ killed: worker.process.signalCode, stderr }).toEqual({ killed: 'SIGKILL', stderr: expect.any(String) })
  }
  const { code, stderr } = await crawl().ended
  await ears.close()
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('finished') })
  // pages were done twice, so that their items came twice
  expect(site.asked.length).toBeGreaterThan(PAGES)
  const ids = ((await redis.cli('LRANGE', 'tree:items', 0, -1)) as string[]).map(
    (text) => (JSON.parse(text) as { id: string }).id,
  )
  expect(ids.length).toBe(everyItem.length)
  expect([...new Set(ids)].sort()).toEqual([...everyItem].sort())
})
