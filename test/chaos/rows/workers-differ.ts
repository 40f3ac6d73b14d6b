import { Arena } from '../arena.ts'
import { examine, itemsOf } from '../findings.ts'
import type { Row } from '../row.ts'
import { spiderSource } from '../spider-source.ts'

/** Workers of two versions of a spider: one of them has a callback that the other does not know. */
export const versionSkew: Row = {
  name: 'version-skew',
  fault: 'workers with different versions of a spider (a deploy under way, a callback renamed)',
  injected: 'workers with and without a callback in one crawl; then only the one without',
  outcome:
    'A request waits for a worker that has its callback. When there has been none for twice the time a session lasts, it is a dead letter.',
  async run({ progress, short }) {
    const odd = 'parseOdd'
    const newer = {
      follow: `for (const link of page.css('a')) yield page.follow(link, Number(link.attrib['href'].split('/').pop()) % 2 === 1 ? { callback: '${odd}' } : {})`,
      methods: `async *${odd}(page: HtmlResponse) { yield* this.parse(page) }`,
    }
    const pages = short ? 200 : 600
    await using arena = await Arena.open({ site: { pages }, spider: newer, settings: { delay: 0.04 }, progress })
    arena.folder.write('older.ts', spiderSource())
    const capable = arena.start()
    await arena.reached(40)
    const older = arena.start({ file: 'older.ts' })
    await arena.until('both', ({ workers }) => workers === 2)
    await arena.kill(capable, 'SIGTERM')
    capable.doomed = true
    // whatever the older one cannot do waits now
    const alone = await arena.until('requests to be held', ({ held, state }) => held > 0 || state === 'finished')
    const newest = arena.start()
    await arena.over()
    const problems = alone.held > 0 ? [] : ['nothing was held']
    const byOlder = (await itemsOf(arena)).filter(({ pid }) => pid === older.pid).length
    const byNewest = (await itemsOf(arena)).filter(({ pid }) => pid === newest.pid).length
    if (byNewest === 0) problems.push('the worker that came back had nothing to do')
    const found = await examine(arena, {
      delay: 40,
      problems,
      notes: [`${byOlder} pages by the older version, ${byNewest} by the one that came back`],
    })
    return short ? found : { ...found, problems: [...found.problems, ...(await neverAgain(progress, newer))] }
  },
}

/** The worker with the callback never comes back. */
async function neverAgain(progress: (text: string) => void, newer: { follow: string; methods: string }): Promise<string[]> {
  await using arena = await Arena.open({ site: { pages: 80 }, spider: newer, settings: { delay: 0.5 }, progress })
  arena.folder.write('older.ts', spiderSource())
  const capable = arena.start()
  await arena.reached(8)
  arena.start({ file: 'older.ts' })
  await arena.until('both', ({ workers }) => workers === 2)
  await arena.kill(capable, 'SIGTERM')
  await arena.over(60_000)
  const { dead, done, seen, state, problems } = await arena.snapshot()
  const found = [...problems]
  if (dead === 0) found.push('without a worker that has the callback nothing became a dead letter')
  if (done + dead !== seen || state !== 'finished')
    found.push(`without a worker that has the callback: ${done} done, ${dead} dead of ${seen} seen, ${state}`)
  return found
}

/** Clocks of workers are an hour off: they decide nothing. */
export const clocksDiffer: Row = {
  name: 'clock-skew',
  fault: 'the clock of a worker is wrong',
  injected: 'three workers: one an hour ahead, one an hour behind, one right',
  outcome: 'Nothing: the one clock that counts is that of Redis.',
  async run({ progress }) {
    await using arena = await Arena.open({ site: { pages: 500 }, settings: { delay: 0.02 }, progress })
    arena.folder.write('shift.mjs', SHIFT)
    const shifted = (ms: number) => ({
      env: { NODE_OPTIONS: `--import=file://${arena.folder.path}/shift.mjs`, SHIFT: String(ms) },
    })
    const hour = 3_600_000
    const workers = [arena.start(shifted(hour)), arena.start(shifted(-hour)), arena.start()]
    await arena.until('three workers', ({ workers: count }) => count === 3)
    await arena.over()
    const by = new Map<number, number>()
    for (const { pid } of await itemsOf(arena)) by.set(pid, (by.get(pid) ?? 0) + 1)
    const shares = workers.map(({ pid }) => by.get(pid) ?? 0)
    const problems = shares.some((share) => share === 0) ? [`a worker did nothing: ${shares.join(', ')} pages`] : []
    return await examine(arena, { times: 2, problems, notes: [`${shares.join(', ')} pages (ahead, behind, right)`] })
  },
}

const SHIFT = `const shift = Number(process.env.SHIFT)
const real = Date.now
globalThis.Date = class extends Date {
  constructor(...args) {
    if (args.length === 0) super(real() + shift)
    else super(...args)
  }
  static now() {
    return real() + shift
  }
}
`

/** Fifty workers at once, and then one. */
export const manyWorkers: Row = {
  name: 'fifty-workers',
  fault: '50 workers start at once, and 49 end at once',
  injected: '50 processes, later SIGTERM to 49 of them',
  outcome: 'One crawl; two connections each. The one that stays goes on.',
  async run({ progress }) {
    const count = 50
    await using arena = await Arena.open({ site: { pages: 6000, latency: 30 }, settings: { sessionTtl: 10 }, progress })
    const workers = arena.startMany(count)
    await arena.until('all workers', (now) => now.workers === count, 90_000)
    const clients = Number(await arena.redis.info('connected_clients')) - 1
    await arena.reached(arena.site.asked + 400)
    const ops = Number(await arena.redis.info('instantaneous_ops_per_sec'))
    const problems = clients > 2 * count ? [`${clients} connections of ${count} workers, allowed are ${2 * count}`] : []
    for (const worker of workers.slice(1)) {
      worker.doomed = true
      worker.running.process.kill('SIGTERM')
    }
    const ends = await Promise.all(workers.slice(1).map(({ running }) => running.ended))
    const bad = ends.filter(({ code }) => code !== 0)
    if (bad.length > 0)
      problems.push(`${bad.length} of ${count - 1} ended with another code than 0: ${bad[0]!.stderr.slice(-300)}`)
    if ((await arena.snapshot()).state === 'finished') problems.push('the crawl was over before 49 had ended')
    await arena.over()
    return await examine(arena, { times: 2, problems, notes: [`${clients} connections, ${ops} commands/s while all 50 ran`] })
  },
}

/** The last page is with one worker, and will bring more; the other one has nothing to do. */
export const earlyFinish: Row = {
  name: 'last-page',
  fault: 'one worker has the last page, which will bring more; the others have nothing to do',
  injected: 'the only page there is takes 5 s, and links to 80 others',
  outcome: 'The others wait, as the crawl is not over, and take part when the page has been committed.',
  async run({ progress }) {
    const linksOf = (page: number): number[] => (page === 0 ? [1] : page === 1 ? Array.from({ length: 80 }, (_, i) => i + 2) : [])
    await using arena = await Arena.open({
      site: { pages: 82, linksOf, latency: (page) => (page === 1 ? 5000 : 200) },
      progress,
    })
    const first = arena.start()
    await arena.reached(2)
    const others = arena.startMany(2)
    await arena.until('all workers', ({ workers }) => workers === 3)
    await arena.until('the page to be committed', ({ seen }) => seen > 2, 15_000)
    const problems = arena.living.length < 3 ? ['a worker ended while the last page was in flight'] : []
    await arena.over()
    const pids = new Set((await itemsOf(arena)).map(({ pid }) => pid))
    for (const { pid } of [first, ...others]) if (!pids.has(pid)) problems.push(`worker ${pid} got nothing to do`)
    return await examine(arena, { problems })
  },
}

/** Items are stored slowly, and for a while not at all. */
export const slowStore: Row = {
  name: 'slow-store',
  fault: 'a store of items is slow, then away',
  injected: 'a pipeline that takes 0.3 s for an item, and once waits for 6 s (three times as long as a session lasts)',
  outcome: 'No more pages are fetched than can be stored; pages whose items wait stay leased, and are not fetched again.',
  async run({ progress }) {
    let most = 0
    await using arena = await Arena.open({
      site: { pages: 400 },
      spider: {
        pipelines: `[{ name: 'slow', open: () => {}, async process(item: object) {
          if (once('away')) away = sleep(6000)
          await away
          await sleep(300)
          return item
        } }]`,
        methods: '',
      },
      settings: { delay: 0, concurrency: 16, concurrencyPerSlot: 16 },
      progress,
    })
    arena.folder.write(
      'spider.ts',
      arena.folder.read('spider.ts').replace('function once', 'let away: Promise<void> | undefined\n\nfunction once'),
    )
    arena.startMany(2)
    const count = setInterval(() => {
      void arena.snapshot().then(({ leased }) => {
        most = Math.max(most, leased)
      })
    }, 100)
    try {
      await arena.over()
    } finally {
      clearInterval(count)
    }
    const problems =
      most > 64 ? [`${most} requests were leased at once, expected twice the concurrency of each worker at most: 64`] : []
    const found = await examine(arena, {
      concurrency: 16,
      delay: 0,
      problems,
      notes: [`${most} requests leased at once, at most`],
    })
    return found.fetchedTwice === 0
      ? found
      : { ...found, problems: [...found.problems, `${found.fetchedTwice} pages were fetched again`] }
  },
}
