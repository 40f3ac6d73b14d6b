import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FeedOptions } from '../../src/feed/contract.ts'
import { openFeed } from '../../src/feed/open-feed.ts'
import { idsIfThere, idsInFeed } from '../support/read-feed.ts'
import { typeScriptLoader } from '../support/typescript-loader.ts'

/** Writes items without end, and says after each flush how many are stored. */
const WRITER = `
  import { openFeed } from ${JSON.stringify(new URL('../../src/feed/open-feed.ts', import.meta.url).href)}
  const [options, from] = process.argv.slice(2)
  const feed = await openFeed(JSON.parse(options), { spiderName: 'x', startTime: new Date(), warn: () => {} })
  for (let id = Number(from); ; id++) {
    feed.write({ id, text: 'item number ' + id + ' é ' + 'x'.repeat(id % 500) })
    if (id % 5 > 0) continue
    await feed.flush()
    process.stdout.write(id + '\\n')
    // what is put in its place in the background gets its turn
    await new Promise((resolve) => setImmediate(resolve))
  }`

interface Kind {
  readonly name: string
  readonly options: Partial<FeedOptions>
  /** There is one run: what it left cannot be appended to. */
  readonly once?: true
}

const EXTENSIONS = ['jsonl', 'json', 'csv', 'xml']
const KINDS: readonly Kind[] = [
  ...EXTENSIONS.flatMap((extension) => [
    { name: `x.${extension}`, options: {} },
    { name: `x.${extension}.br`, options: {} },
    { name: `x.${extension}.zst`, options: {} },
    { name: `x-%(batch_id)04d.${extension}`, options: { batchItems: 37 } },
  ]),
  { name: 'x.jsonl.gz', options: {} },
  { name: 'x.csv.gz', options: {} },
  { name: 'x.json.gz', options: {}, once: true },
  { name: 'x.xml.gz', options: {}, once: true },
  { name: 'x.json.gz', options: { place: 'atEnd' } },
  { name: 'x.xml.gz', options: { place: 'atEnd' } },
  { name: 'x.parquet', options: {} },
  { name: 'x-%(batch_id)04d.csv.zst', options: { batchBytes: 9000 } },
  { name: 'x-%(batch_id)04d.parquet', options: { batchItems: 100 } },
]

describe('whatever was flushed is there after kill -9', () => {
  let programs: string

  beforeAll(() => {
    programs = mkdtempSync(join(tmpdir(), 'skein-writer-'))
    writeFileSync(join(programs, 'writer.ts'), WRITER)
  })
  afterAll(() => rmSync(programs, { recursive: true, force: true }))

  /** Lets a process write, and kills it once it has told of so many flushes, at whatever it is doing then. Gives the last item told of. */
  async function killed(options: FeedOptions, from: number, flushes: number): Promise<number> {
    const args = ['--import', typeScriptLoader(), join(programs, 'writer.ts'), JSON.stringify(options), `${from}`]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const exit = once(child, 'exit')
    let told = 0
    let last = from - 1
    for await (const line of createInterface({ input: child.stdout })) {
      last = Number(line)
      if (++told === flushes) child.kill('SIGKILL')
    }
    await exit
    expect(told).toBeGreaterThanOrEqual(flushes)
    return last
  }

  for (const { name, options, once } of KINDS) {
    it(name + (options.place === undefined ? '' : ', at the end'), { timeout: 60_000 }, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'skein-durable-'))
      try {
        const feed: FeedOptions = { uri: join(folder, name), ...options }
        const stored: number[] = []
        let next = 0
        for (let round = 0; round < (once ? 1 : 2); round++) {
          const last = await killed(feed, next, 1 + Math.floor(Math.random() * 300))
          for (let id = next; id <= last; id++) stored.push(id)
          next = 10_000 * (round + 1)
          // a file that is in its place is whole, whenever one looks, but for one that the kernel stopped a write to
          for (const file of files(folder, name)) {
            const whole = await idsInFeed(file).catch((error: unknown) => {
              if (!endsWithPage(file)) throw error
            })
            // what is compressed cannot be cut where it broke off
            if (whole === undefined && file.endsWith('.gz')) return
          }
        }
        if (!once) {
          const last = await openFeed(feed, { spiderName: 'x', startTime: new Date() })
          last.write({ id: 99_999, text: 'é' })
          await last.close()
        }
        const ids: number[] = []
        for (const file of files(folder, name)) ids.push(...(await idsIfThere(file)))
        expect(new Set(ids).size).toBe(ids.length)
        if (!once) expect(ids.at(-1)).toBe(99_999)
        const found = new Set(ids)
        expect(stored.filter((id) => !found.has(id))).toEqual([])
        expect(readdirSync(folder).filter((file) => !files(folder, name).includes(join(folder, file)))).toEqual([])
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    })
  }

  /** Linux looks for a SIGKILL between the pages of a write: what it leaves then ends with one. */
  function endsWithPage(file: string): boolean {
    return statSync(file).size % 4096 === 0
  }

  function files(folder: string, name: string): string[] {
    const ending = name.slice(name.indexOf('.'))
    return readdirSync(folder)
      .filter((file) => file.endsWith(ending))
      .sort()
      .map((file) => join(folder, file))
  }
})
