// What it costs to store items: the mongo pipeline against a bare loop of `bulkWrite` in batches of the same size, a jsonl feed against a bare
// write stream, and what an item costs the crawler as there are more of them. Both sides take turns in one process, so that what else the
// machine does disturbs both. Progress on standard error, JSON on standard output.
//   --items N   the growth is measured up to (1000000); 0 leaves it out
//   --round N   items of one turn (5000)
//   --rounds N  turns of each side (7)
//   --batch N   documents of one write (500)
// MongoDB is that of MONGODB_URL, else mongod, else FerretDB on SQLite: `server` says which.
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { MongoClient } from 'mongodb'
import { source } from './redis-lab.mjs'

const { values } = parseArgs({
  options: {
    items: { type: 'string', default: '1000000' },
    round: { type: 'string', default: '5000' },
    rounds: { type: 'string', default: '7' },
    batch: { type: 'string', default: '500' },
  },
})
const [items, round, rounds, batch] = [values.items, values.round, values.rounds, values.batch].map(Number)
/** Items between two flushes of a feed: as many as a few pages give. */
const FLUSH = 100

const { mongo } = await source('pipeline/mongo/mongo.ts')
const { openFeed } = await source('feed/open-feed.ts')
const { Stats } = await source('stats/stats.ts')
const { systemClock } = await source('util/clock.ts')
const { startMongo } = await source('../test/support/mongo-server.ts')

const sizes = { small: '', '1 KB': 'Lorem ipsum '.repeat(75) }
const given = process.env.MONGODB_URL
const server = given ? { url: given, kind: 'MONGODB_URL', stop: async () => {} } : await startMongo()
const folder = mkdtempSync(join(tmpdir(), 'skein-store-throughput-'))
const client = await new MongoClient(server.url).connect()
const database = `skein_bench_${process.pid}`
try {
  const result = { server: server.kind, batch, round, mongo: {}, jsonl: {} }
  for (const [size, text] of Object.entries(sizes)) {
    result.mongo[size] = await mongoAgainstBare(size, text)
    result.jsonl[size] = await feedAgainstBare(size, text)
  }
  if (items > 0) result.growth = await growth()
  console.log(JSON.stringify(result, undefined, 1))
} finally {
  await client.db(database).dropDatabase()
  await client.close()
  await server.stop()
  rmSync(folder, { recursive: true })
}

function itemOf(id, text) {
  return { id, title: `Item ${id}`, price: id / 100, tags: ['a', 'b'], when: new Date(1_700_000_000_000 + id), text }
}

async function mongoAgainstBare(size, text) {
  const bare = client.db(database).collection(`bare ${size}`, { writeConcern: { w: 'majority', j: true } })
  const pipeline = await openPipeline(`ours ${size}`)
  let next = 0
  const loop = async () => {
    for (let from = 0; from < round; from += batch) {
      const operations = []
      for (let i = 0; i < batch; i++, next++)
        operations.push({ insertOne: { document: { _id: `key-${next}`, ...itemOf(next, text) } } })
      await bare.bulkWrite(operations, { ordered: false })
    }
  }
  let id = 0
  const ours = async () => {
    for (let i = 0; i < round; i++, id++) {
      const stored = store(pipeline, id, text)
      if (stored instanceof Promise) await stored
    }
    await pipeline.flush()
  }
  const compared = await compare(`mongo, ${size}`, loop, ours)
  await pipeline.close()
  return compared
}

async function feedAgainstBare(size, text) {
  const stream = createWriteStream(join(folder, `bare-${size}.jsonl`))
  const feed = await openFeed({ uri: join(folder, `ours-${size}.jsonl`) }, { spiderName: 'bench', startTime: new Date() })
  const many = round * 10
  const loop = async () => {
    for (let id = 0; id < many; id++) {
      if (!stream.write(`${JSON.stringify(itemOf(id, text))}\n`)) await new Promise((resolve) => stream.once('drain', resolve))
    }
  }
  const ours = async () => {
    for (let id = 0; id < many; id++) {
      feed.write(itemOf(id, text))
      if (id % FLUSH === FLUSH - 1) await feed.flush()
    }
    await feed.flush()
  }
  const compared = await compare(`jsonl, ${size}`, loop, ours, many)
  stream.end()
  await finished(stream)
  await feed.close()
  return compared
}

async function growth() {
  const pipeline = await openPipeline('growth')
  const at = {}
  let cpu = process.cpuUsage()
  let since = performance.now()
  let from = 0
  let rss = 0
  for (let id = 1; id <= items; id++) {
    const stored = store(pipeline, id, '')
    if (stored instanceof Promise) await stored
    if (id % 10_000 === 0) rss = Math.max(rss, process.memoryUsage.rss())
    // the last tenth before each power of ten
    const power = 10 ** Math.ceil(Math.log10(id))
    if (id === power * 0.9 && power >= 10_000) {
      await pipeline.flush()
      ;[cpu, since, from] = [process.cpuUsage(), performance.now(), id]
    }
    if (id !== power || power < 10_000) continue
    await pipeline.flush()
    const { user, system } = process.cpuUsage(cpu)
    at[id] = {
      cpuMicrosecondsPerItem: tidy((user + system) / (id - from)),
      microsecondsPerItem: tidy(((performance.now() - since) * 1000) / (id - from)),
      rssMiB: Math.round(rss / 2 ** 20),
    }
    process.stderr.write(`${id} items: ${JSON.stringify(at[id])}\n`)
  }
  await pipeline.close()
  const counted = await client.db(database).collection('growth').countDocuments()
  if (counted !== items) throw new Error(`${counted} of ${items} items are stored`)
  return at
}

async function openPipeline(collection) {
  const pipeline = mongo({ url: server.url, database, collection, batchSize: batch })
  const log = { debugEnabled: false, debug() {}, info() {}, warn: console.error, error: console.error }
  await pipeline.open({ spiderName: 'bench', stats: new Stats(), clock: systemClock, log })
  return pipeline
}

function store(pipeline, id, text) {
  return pipeline.process(itemOf(id, text), { key: `key-${id}` })
}

/** Median items a second of both, in turns; the first turn of each is not counted. */
async function compare(name, bare, ours, count = round) {
  const times = { bare: [], ours: [] }
  for (let turn = 0; turn <= rounds; turn++) {
    for (const [side, run] of turn % 2 === 0
      ? [
          ['bare', bare],
          ['ours', ours],
        ]
      : [
          ['ours', ours],
          ['bare', bare],
        ]) {
      const since = performance.now()
      await run()
      if (turn > 0) times[side].push(performance.now() - since)
    }
  }
  const rate = (side) => (count * 1000) / times[side].sort((a, b) => a - b)[Math.floor(rounds / 2)]
  const result = {
    barePerSecond: Math.round(rate('bare')),
    oursPerSecond: Math.round(rate('ours')),
    ratio: tidy(rate('ours') / rate('bare')),
  }
  process.stderr.write(`${name}: ${JSON.stringify(result)}\n`)
  return result
}

function tidy(x) {
  return Math.round(x * 100) / 100
}
