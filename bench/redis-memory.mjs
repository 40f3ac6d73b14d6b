// What a crawl takes in Redis: memory and CPU per seen URL, for each kind of seen set; memory per queued request. Tables on standard error,
// JSON on standard output.
//   --urls N    fingerprints (1000000); 0 leaves the seen sets out
//   --batch N   of one call (100)
//   --kinds a,b of compact, scrapy-redis, bloom (all)
//   --queued N  plain GETs of a URL of 60 characters (200000); 0 leaves the queue out
// CPU is what the server process used, network and parsing included; `script` is the time inside the calls, and `best` that of the fastest
// tenth of them, which other programs on the machine disturb least. `slowest` is the longest call of a batch of new ones, 0 if below 1 ms.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { cpuOf, freeOptions, line, round, scriptTime, source, usedMemory, withRedis } from './redis-lab.mjs'

/** Calls of which the time is taken together. */
const WINDOW = 10

const { values } = parseArgs({
  options: {
    urls: { type: 'string', default: '1000000' },
    batch: { type: 'string', default: '100' },
    kinds: { type: 'string', default: 'compact,scrapy-redis,bloom' },
    queued: { type: 'string', default: '200000' },
  },
})
const urls = Number(values.urls)
const batch = Number(values.batch)
const folder = fileURLToPath(new URL('../src/frontier/redis/', import.meta.url))
const { seenKey } = await source('frontier/redis/seen-key.ts')

const seen = {}
if (urls > 0) {
  for (const kind of values.kinds.split(',')) {
    process.stderr.write(`${kind}: ${urls} fingerprints\n`)
    const slowCalls = ['--slowlog-log-slower-than', '1000', '--slowlog-max-len', '1000']
    seen[kind] = await withRedis(({ redis }) => measure(redis, kind), slowCalls)
  }
  const names = 'us/URL, but:,bytes/URL,add CPU,add script,add best,again CPU,again script,again best,slowest ms,key ns'
  line(names.split(','), 14, 13)
  for (const [kind, { bytesPerUrl, add, again, keyNanoseconds }] of Object.entries(seen)) {
    const costs = ({ cpu, script, best }) => [cpu, script, best]
    line([kind, bytesPerUrl, ...costs(add), ...costs(again), add.slowestMs, keyNanoseconds], 14, 13)
  }
}
const queue = []
const queued = Number(values.queued)
if (queued > 0) {
  line(['bytes per queued request', 'queue', 'with seen'])
  for (const each of [queued, 100, 20, 10, 5]) {
    const hosts = each === queued ? 1 : queued / each
    const figures = await withRedis(({ redis, url }) => measureQueue(redis, url, hosts, each))
    queue.push({ hosts, each, ...figures })
    line([`${hosts} ${hosts === 1 ? 'host' : 'hosts'} with ${each} each`, figures.bytesPerRequest, figures.withSeen])
  }
}
console.log(JSON.stringify({ urls, batch, queued, node: process.version, seen, queue }, null, 2))

async function measure(redis, kind) {
  const sha = await redis.sendCommand(['SCRIPT', 'LOAD', scriptOf(kind)])
  const fingerprints = Array.from({ length: urls }, (_, i) => createHash('sha1').update(`http://site.example/${i}`).digest())
  const start = performance.now()
  const keys = fingerprints.map((fingerprint) => seenKey(kind, fingerprint))
  const keyNanoseconds = round(((performance.now() - start) * 1e6) / urls, 0)
  // the script itself, and the buffers of the connection, are not the set's
  await redis.sendCommand(['EVALSHA', sha, '2', '{zhihu}:crawl', 'zhihu:dupefilter', ...keys.slice(0, batch)])
  await redis.sendCommand(['FLUSHALL', 'SYNC'])
  const memory = async () => {
    await redis.sendCommand(['SLOWLOG', 'RESET'])
    return usedMemory(redis)
  }
  const before = await memory()
  const pass = async (from, to, isNew) => {
    await redis.sendCommand(['SLOWLOG', 'RESET'])
    const cpu = await cpuOf(redis)
    const start = await scriptTime(redis)
    const windows = []
    let time = start
    for (let at = from; at < to; at += batch) {
      const part = keys.slice(at, Math.min(at + batch, to))
      const added = await redis.sendCommand(['EVALSHA', sha, '2', '{zhihu}:crawl', 'zhihu:dupefilter', ...part])
      if (isNew ? added < part.length - 1 : added > 0) throw new Error(`${kind}: ${added} of ${part.length} were new at ${at}`)
      if ((at + batch - from) % (WINDOW * batch) > 0) continue
      const now = await scriptTime(redis)
      windows.push((now - time) / (WINDOW * batch))
      time = now
    }
    const used = ((await cpuOf(redis)) - cpu) / (to - from)
    const script = ((await scriptTime(redis)) - start) / (to - from)
    const best = windows.sort((a, b) => a - b)[Math.floor(windows.length / 10)] ?? script
    const slow = await redis.sendCommand(['SLOWLOG', 'GET', '-1'])
    const slowest = slow.reduce((worst, [, , microseconds]) => Math.max(worst, microseconds), 0)
    return { cpu: round(used), script: round(script), best: round(best), slowestMs: round(slowest / 1000, 1) }
  }
  const early = await pass(0, Math.min(1000, urls), true)
  const add = await pass(Math.min(1000, urls), urls, true)
  const bytesPerUrl = round(((await memory()) - before) / urls)
  return { bytesPerUrl, firstThousand: early, add, again: await pass(0, urls, false), keyNanoseconds }
}

/** Adds its arguments; returns how many were new. */
function scriptOf(kind) {
  return [
    '#!lua',
    `local P = string.sub(KEYS[1], 1, -6)`,
    `local C = { seen = tonumber(redis.call('HGET', KEYS[1], 'seen') or 0) }`,
    readFileSync(join(folder, `${kind === 'compact' ? '../../redis/' : ''}lua/seen-${kind}.lua`), 'utf8'),
    `local added = 0`,
    `for i = 1, #ARGV do if seen_add(ARGV[i]) then added = added + 1 end end`,
    `seen_save()`,
    `if added > 0 then redis.call('HSET', KEYS[1], 'seen', C.seen) end`,
    `return added`,
  ].join('\n')
}

/** Requests in the queue of a crawl, over so many hosts. The seen set is taken away for the second look. */
async function measureQueue(redis, url, hosts, each) {
  const { redisFrontier } = await source('frontier/redis/redis-frontier.ts')
  const { Request } = await source('http/request.ts')
  const { fingerprint } = await source('url/fingerprint.ts')
  const { hostOf } = await source('url/host.ts')
  const backend = redisFrontier(freeOptions(url, 'zhihu', { fingerprint, slotOf: (request) => hostOf(request.url) }))
  const session = await backend.connect()
  const address = (host, i) =>
    `http://host-${String(host).padStart(5, '0')}.example/`.padEnd(54, 'path/').concat(String(i).padStart(6, '0'))
  // the scripts and the buffers of the connection are not the queue's
  await session.enqueue([new Request(address(0, 999_999))])
  const before = await usedMemory(redis)
  let requests = []
  const send = async () => {
    const { added } = await session.enqueue(requests)
    if (added !== requests.length) throw new Error(`${added} of ${requests.length} were new`)
    requests = []
  }
  for (let i = 0; i < each; i++) {
    for (let host = 0; host < hosts; host++) if (requests.push(new Request(address(host, i))) === 500) await send()
  }
  await send()
  const withSeen = (await usedMemory(redis)) - before
  const sets = await redis.sendCommand(['KEYS', '{zhihu}:dupefilter:*'])
  await redis.sendCommand(['DEL', ...sets])
  const bytes = (await usedMemory(redis)) - before
  await session.close()
  await backend.close()
  return { bytesPerRequest: round(bytes / (hosts * each)), withSeen: round(withSeen / (hosts * each)) }
}
