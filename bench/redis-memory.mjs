// What a crawl's seen set takes in Redis: memory and CPU per URL, for each kind. A table on standard error, JSON on standard output.
//   --urls N    fingerprints (1000000)
//   --batch N   of one call (100)
//   --kinds a,b of compact, scrapy-redis, bloom (all)
// CPU is what the server process used, network and parsing included; `script` is the time inside the calls, and `best` that of the fastest
// tenth of them, which other programs on the machine disturb least. `slowest` is the longest call of a batch of new ones, 0 if below 1 ms.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createClient } from '@redis/client'
import { build } from 'esbuild'

/** Calls of which the time is taken together. */
const WINDOW = 10

const { values } = parseArgs({
  options: {
    urls: { type: 'string', default: '1000000' },
    batch: { type: 'string', default: '100' },
    kinds: { type: 'string', default: 'compact,scrapy-redis,bloom' },
  },
})
const urls = Number(values.urls)
const batch = Number(values.batch)
const folder = fileURLToPath(new URL('../src/frontier/redis/', import.meta.url))
const { seenKey } = await source('seen-key.ts')

const result = {}
for (const kind of values.kinds.split(',')) {
  process.stderr.write(`${kind}: ${urls} fingerprints\n`)
  result[kind] = await withRedis((redis) => measure(redis, kind))
}
const line = (cells) =>
  process.stderr.write(`${cells.map((cell, i) => (i === 0 ? cell.padEnd(14) : String(cell).padStart(13))).join('')}\n`)
line([
  'us/URL, but:',
  'bytes/URL',
  'add CPU',
  'add script',
  'add best',
  'again CPU',
  'again script',
  'again best',
  'slowest ms',
  'key ns',
])
for (const [kind, { bytesPerUrl, add, again, keyNanoseconds }] of Object.entries(result)) {
  const costs = ({ cpu, script, best }) => [cpu, script, best]
  line([kind, bytesPerUrl, ...costs(add), ...costs(again), add.slowestMs, keyNanoseconds])
}
console.log(JSON.stringify({ urls, batch, node: process.version, seen: result }, null, 2))

async function measure(redis, kind) {
  const sha = await redis.sendCommand(['SCRIPT', 'LOAD', scriptOf(kind)])
  const fingerprints = Array.from({ length: urls }, (_, i) => createHash('sha1').update(`http://site.example/${i}`).digest())
  const start = performance.now()
  const keys = fingerprints.map((fingerprint) => seenKey(kind, fingerprint))
  const keyNanoseconds = round(((performance.now() - start) * 1e6) / urls, 0)
  // the script itself, and the buffers of the connection, are not the set's
  await redis.sendCommand(['EVALSHA', sha, '2', '{zhihu}:crawl', 'zhihu:dupefilter', ...keys.slice(0, batch)])
  await redis.sendCommand(['FLUSHALL', 'SYNC'])
  const before = await usedMemory(redis)
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
  const bytesPerUrl = round(((await usedMemory(redis)) - before) / urls)
  return { bytesPerUrl, firstThousand: early, add, again: await pass(0, urls, false), keyNanoseconds }
}

/** Adds its arguments; returns how many were new. */
function scriptOf(kind) {
  return [
    '#!lua',
    `local P = string.sub(KEYS[1], 1, -6)`,
    `local C = { seen = tonumber(redis.call('HGET', KEYS[1], 'seen') or 0) }`,
    readFileSync(join(folder, `lua/seen-${kind}.lua`), 'utf8'),
    `local added = 0`,
    `for i = 1, #ARGV do if seen_add(ARGV[i]) then added = added + 1 end end`,
    `seen_save()`,
    `if added > 0 then redis.call('HSET', KEYS[1], 'seen', C.seen) end`,
    `return added`,
  ].join('\n')
}

async function withRedis(work) {
  const dir = mkdtempSync(join(tmpdir(), 'skein-bench-'))
  const path = join(dir, 'redis.sock')
  const server = spawn('redis-server', [
    '--port',
    '0',
    '--unixsocket',
    path,
    '--dir',
    dir,
    '--save',
    '',
    '--appendonly',
    'no',
    '--slowlog-log-slower-than',
    '1000',
    '--slowlog-max-len',
    '1000',
  ])
  const ended = new Promise((resolve) => server.once('exit', resolve))
  const redis = createClient({
    socket: { path, reconnectStrategy: (tries) => (tries > 100 ? new Error('redis-server does not answer') : 50) },
  })
  redis.on('error', () => {})
  try {
    await redis.connect()
    return await work(redis)
  } finally {
    redis.destroy()
    server.kill()
    await ended
    rmSync(dir, { recursive: true, force: true })
  }
}

/** A source file that imports nothing, as a module. */
async function source(file) {
  const { outputFiles } = await build({ entryPoints: [join(folder, file)], write: false, format: 'esm', platform: 'node' })
  return await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`)
}

async function usedMemory(redis) {
  await redis.sendCommand(['SLOWLOG', 'RESET'])
  return Number(/used_memory:(\d+)/.exec(await redis.sendCommand(['INFO', 'memory']))[1])
}

/** Microseconds that scripts have run. */
async function scriptTime(redis) {
  return Number(/cmdstat_evalsha:calls=\d+,usec=(\d+)/.exec(await redis.sendCommand(['INFO', 'commandstats']))?.[1] ?? 0)
}

/** Microseconds of CPU that the server has used. */
async function cpuOf(redis) {
  const text = await redis.sendCommand(['INFO', 'cpu'])
  return 1e6 * (Number(/used_cpu_sys:(.*)/.exec(text)[1]) + Number(/used_cpu_user:(.*)/.exec(text)[1]))
}

function round(x, digits = 2) {
  return Number(x.toFixed(digits))
}
