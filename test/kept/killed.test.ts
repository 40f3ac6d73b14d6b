import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStore } from '../../src/frontier/lmdb/crawl-store.ts'
import { Step } from '../../src/frontier/lmdb/step.ts'
import { readStats } from '../../src/frontier/lmdb/tally.ts'
import { type FolderProgram, folderProgram } from '../support/folder-program.ts'
import { lmdbBench } from '../support/lmdb-backend.ts'
import { lmdbInconsistencies } from '../support/lmdb-consistency.ts'

const PAGES = 1500

const bench = lmdbBench()
let program: FolderProgram

beforeAll(async () => {
  program = await folderProgram()
})
afterAll(() => program.remove())

/** How often each page was committed, and how the crawl stands. */
async function outcomeOf(folder: string) {
  const store = await openStore(folder, 'process')
  const commits = Object.entries(readStats(store.stats)).filter(([name]) => name.startsWith('page/'))
  const { state, done, seen, queued, delayed, leased, dead } = Step.read(store)!
  await store.close()
  return {
    pages: commits.length,
    twice: commits.filter(([, count]) => count !== 1),
    state,
    done,
    seen,
    queued,
    delayed,
    leased,
    dead,
  }
}

const everyPageOnce = {
  pages: PAGES,
  twice: [],
  state: 'finished',
  done: PAGES,
  seen: PAGES,
  queued: 0,
  delayed: 0,
  leased: 0,
  dead: 0,
}

/** Numbers that are the same in each run. */
function* numbers(seed: number): Generator<number, never> {
  for (let n = seed; ; ) yield (n = (n * 1_103_515_245 + 12_345) % 2 ** 31)
}

/** Resolves when the worker has ended, or has said so often that it committed. */
async function commitsOf(worker: ChildProcess, count: number): Promise<void> {
  await new Promise<void>((resolve) => {
    let commits = 0
    worker.on('message', () => void (++commits >= count && resolve()))
    worker.once('exit', () => resolve())
  })
}

it('is whole after its worker was killed, in the middle of a step or between two; the next finishes it', {
  timeout: 120_000,
}, async () => {
  const folder = bench.folder()
  const random = numbers(7)
  for (let round = 0; round < 40; round++) {
    const inside = round % 2 === 0
    const worker = program.start({ folder, pages: PAGES, ...(inside ? { dieAfter: 1 + (random.next().value % 60) } : {}) })
    const ended = once(worker, 'exit')
    if (!inside) {
      await commitsOf(worker, 1 + (random.next().value % 6))
      worker.kill('SIGKILL')
    }
    expect(await ended).toEqual([null, 'SIGKILL'])
    expect(await lmdbInconsistencies(folder)).toEqual([])
  }
  const last = program.start({ folder, pages: PAGES })
  expect(await once(last, 'exit')).toEqual([0, null])
  expect(await outcomeOf(folder)).toEqual(everyPageOnce)
})

it('is whole after a write found no room; there is more, and it is finished', { timeout: 60_000 }, async () => {
  const folder = bench.folder()
  const worker = program.startCramped({ folder, pages: PAGES }, 400)
  const said = worker.stderr!.toArray()
  expect(await once(worker, 'exit')).toEqual([1, null])
  expect((await said).join('')).toMatch(/ERR_JOB_STORE|ERR_JOB_FULL/)
  expect(await lmdbInconsistencies(folder)).toEqual([])
  const { pages, done } = await outcomeOf(folder)
  expect(pages).toBe(done)
  expect(pages).toBeGreaterThan(0)
  expect(pages).toBeLessThan(PAGES)
  expect(await once(program.start({ folder, pages: PAGES }), 'exit')).toEqual([0, null])
  expect(await outcomeOf(folder)).toEqual(everyPageOnce)
})

it('goes on without workers that are killed beside others', { timeout: 120_000 }, async () => {
  const folder = bench.folder()
  const random = numbers(11)
  const others = [0, 1].map(() => program.start({ folder, pages: PAGES, paced: true }))
  const ended = others.map((worker) => once(worker, 'exit'))
  for (let round = 0; round < 12; round++) {
    for (const other of others) other.send(4)
    const worker = program.start({ folder, pages: PAGES, dieAfter: 1 + (random.next().value % 40) })
    expect(await once(worker, 'exit')).toEqual([null, 'SIGKILL'])
  }
  for (const other of others) other.send(Number.MAX_SAFE_INTEGER)
  expect(await Promise.all(ended)).toEqual([
    [0, null],
    [0, null],
  ])
  expect(await lmdbInconsistencies(folder)).toEqual([])
  expect(await outcomeOf(folder)).toEqual(everyPageOnce)
})
