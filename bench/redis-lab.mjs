// What the measurements of Redis share: a server of their own, what it has used, and a frontier on it.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { createClient } from '@redis/client'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Starts a server that writes nothing to the disk, hands it over, and ends it. */
export async function withRedis(work, args = []) {
  const dir = mkdtempSync(join(tmpdir(), 'skein-bench-'))
  const path = join(dir, 'redis.sock')
  const quiet = ['--port', '0', '--unixsocket', path, '--dir', dir, '--save', '', '--appendonly', 'no']
  const server = spawn('redis-server', [...quiet, ...args])
  const ended = new Promise((resolve) => server.once('exit', resolve))
  const redis = createClient({
    socket: { path, reconnectStrategy: (tries) => (tries > 100 ? new Error('redis-server does not answer') : 50) },
  })
  redis.on('error', () => {})
  try {
    await redis.connect()
    return await work({ redis, url: `unix://${path}` })
  } finally {
    redis.destroy()
    server.kill()
    await ended
    rmSync(dir, { recursive: true, force: true })
  }
}

/** What a source file exports. */
export async function source(file) {
  // a bundle beside the packages it imports
  const cache = join(root, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'skein-bench-'))
  const outfile = join(folder, 'source.mjs')
  try {
    await build({
      entryPoints: [join(root, 'src', file)],
      outfile,
      bundle: true,
      packages: 'external',
      loader: { '.lua': 'text' },
      format: 'esm',
      platform: 'node',
      // files that look for others from where they are
      define: { 'import.meta.dirname': JSON.stringify(dirname(join(root, 'src', file))) },
    })
    return await import(pathToFileURL(outfile).href)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const silent = { debugEnabled: false, debug() {}, info() {}, warn() {}, error() {} }

/** Options of a frontier under which nothing holds a request back. */
export function freeOptions(url, name, options = {}) {
  return {
    url,
    name,
    order: 'lifo',
    slot: { concurrency: 1000, delay: 0, randomizeDelay: false },
    slots: {},
    maxDeliveries: 5,
    // longer than the longest measurement: nobody beats here
    sessionTtl: 3_600_000,
    keys: { startUrls: '%(name)s:start_urls', items: '%(name)s:items', dupefilter: '%(name)s:dupefilter' },
    startUrlsType: 'list',
    persist: false,
    flushOnStart: false,
    keepAlive: false,
    maxIdle: 0,
    dedupe: 'compact',
    log: silent,
    ...options,
  }
}

/** Microseconds that scripts have run, by the clock. */
export async function scriptTime(redis) {
  return Number(/cmdstat_evalsha:calls=\d+,usec=(\d+)/.exec(await redis.sendCommand(['INFO', 'commandstats']))?.[1] ?? 0)
}

/** Microseconds of CPU that the server has used. */
export async function cpuOf(redis) {
  const text = await redis.sendCommand(['INFO', 'cpu'])
  return 1e6 * (Number(/used_cpu_sys:(.*)/.exec(text)[1]) + Number(/used_cpu_user:(.*)/.exec(text)[1]))
}

/** Bytes that the server has allocated. */
export async function usedMemory(redis) {
  return Number(/used_memory:(\d+)/.exec(await redis.sendCommand(['INFO', 'memory']))[1])
}

export function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
}

export function round(x, digits = 2) {
  return Number(x.toFixed(digits))
}

/** Writes a line of a table to standard error: the first cell to the left, the others to the right. */
export function line(cells, first = 34, others = 12) {
  process.stderr.write(`${cells.map((cell, i) => (i === 0 ? cell.padEnd(first) : String(cell).padStart(others))).join('')}\n`)
}
