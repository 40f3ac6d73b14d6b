import { Arena, pause } from '../arena.ts'
import { examine } from '../findings.ts'
import type { Row } from '../row.ts'

/** The main row: workers die as machines do, one after the other, and others take their place. */
export const workersDie: Row = {
  name: 'kill-worker',
  fault: 'a worker (kill -9, power cut)',
  injected: '`kill -9` of one of 4 workers every 2 s, another one started in its place',
  outcome:
    'Its pages go to the others when its session has run out, and are fetched again. Nothing is lost, nothing is stored twice.',
  async run({ progress, short }) {
    const pages = short ? 300 : 2000
    // slow enough to be hit often
    const delay = short ? 0.05 : 0.04
    await using arena = await Arena.open({ site: { pages }, settings: { delay }, progress })
    arena.startMany(short ? 3 : 4)
    let kills = 0
    await arena.reached(short ? 20 : 40)
    const strike = async (): Promise<void> => {
      const { living } = arena
      await arena.kill(living[Math.floor(Math.random() * living.length)]!)
      kills++
      arena.start()
    }
    if (short) {
      for (const at of [60, 120, 180]) {
        await arena.reached(at)
        await strike()
      }
    } else {
      while ((await arena.snapshot()).state !== 'finished' && arena.living.length > 0) {
        await strike()
        await Promise.race([pause(2000), Promise.all(arena.living.map(({ running }) => running.ended))])
      }
    }
    await arena.over()
    return await examine(arena, { times: kills, delay: delay * 1000 })
  },
}

/** A worker that stands still for longer than its session lasts, and then goes on as if nothing had been. */
export const workerStops: Row = {
  name: 'stop-worker',
  fault: 'a worker stands still and comes back (SIGSTOP, a laptop that sleeps)',
  injected: '`kill -STOP` for twice the time a session lasts, then `kill -CONT`',
  outcome: 'Its pages go to others. When it wakes its late commits change nothing; it opens a new session and goes on.',
  async run({ progress }) {
    await using arena = await Arena.open({ site: { pages: 900 }, settings: { delay: 0.04 }, progress })
    const [sleeper] = arena.startMany(3)
    await arena.until('three workers', ({ workers }) => workers === 3)
    await arena.reached(60)
    let problems: string[] = []
    for (let times = 0; times < 2; times++) {
      sleeper!.running.process.kill('SIGSTOP')
      await arena.until('its session to be over', ({ workers }) => workers === 2, 10_000)
      await pause(1500)
      sleeper!.running.process.kill('SIGCONT')
      await arena.until('it to be back', ({ workers, state }) => workers === 3 || state === 'finished', 10_000)
      if ((await arena.snapshot()).state === 'finished') problems = ['the crawl was over before the worker was back']
    }
    await arena.over()
    return await examine(arena, { times: 2, delay: 40, problems })
  },
}

/** As before, but when the worker wakes the others have finished the crawl. */
export const workerWakesLate: Row = {
  name: 'wake-late',
  fault: 'a worker stands still until the others have finished',
  injected: '`kill -STOP` until the crawl is finished, then `kill -CONT`',
  outcome: 'It hears that the crawl is finished, and ends with 0. It begins no other.',
  async run({ progress }) {
    await using arena = await Arena.open({ site: { pages: 300 }, settings: { persist: false }, progress })
    const [sleeper] = arena.startMany(2)
    await arena.until('two workers', ({ workers }) => workers === 2)
    await arena.reached(60)
    sleeper!.running.process.kill('SIGSTOP')
    await arena.until('the crawl to be finished', ({ state }) => state === 'finished')
    const { epoch } = await arena.snapshot()
    sleeper!.running.process.kill('SIGCONT')
    await arena.over(30_000)
    const problems = (await arena.snapshot()).epoch === epoch ? [] : ['the worker that woke began another crawl']
    return await examine(arena, { problems })
  },
}

/** A worker is asked to end: what it holds goes on elsewhere at once, not when its session runs out. */
export const workerEnds: Row = {
  name: 'sigterm',
  fault: 'a worker is asked to end (SIGTERM, Ctrl-C, a deploy)',
  injected: 'SIGTERM to a worker with 100 pages in flight, which it gives back at once (`shutdownGrace` 0)',
  outcome:
    'What it holds goes back to the front of the queue, and the next worker goes on at once. Nothing shared is deleted. Exit code 0.',
  async run({ progress, short }) {
    const pages = 260
    let slow = true
    await using arena = await Arena.open({
      site: {
        pages,
        hosts: 1,
        linksOf: (page) => (page === 0 ? Array.from({ length: pages - 1 }, (_, i) => i + 1) : []),
        latency: (page) => (page === 0 ? 0 : slow ? 60_000 : 20),
      },
      // long enough that what follows is not the reaper's work
      settings: { delay: 0, concurrency: 100, concurrencyPerSlot: 100, sessionTtl: 10, shutdownGrace: 0 },
      progress,
    })
    const first = arena.start()
    await arena.reached(101)
    const second = arena.start()
    await arena.until('two workers', ({ workers }) => workers === 2)
    const sessions = (await arena.redis.cli('ZRANGE', '{chaos}:workers', 0, -1)) as readonly string[]
    const session = sessions.find((id) => id.includes(`:${second.pid}:`))
    slow = false
    const before = arena.site.asked
    const at = performance.now()
    first.running.process.kill('SIGTERM')
    while ((await arena.redis.cli('HLEN', `{chaos}:leases:${session}`)) === 0 && arena.living.length > 0) await pause(1)
    const leased = performance.now() - at
    await arena.reached(before + 1)
    const handover = performance.now() - at
    const { code, stderr } = await first.running.ended
    first.doomed = true
    const problems: string[] = []
    if (code !== 0 || !stderr.includes('closed (shutdown)'))
      problems.push(`the worker that was asked to end ended with ${code}: ${stderr.slice(-300)}`)
    if (second.ended !== undefined) problems.push('the other worker did not wait')
    if (handover >= 10_000) problems.push('the next worker went on only when the session was over')
    await arena.over()
    const notes = short
      ? []
      : [
          `the next worker had its first lease after ${leased.toFixed(0)} ms, and asked for the page after ${handover.toFixed(0)} ms`,
        ]
    return await examine(arena, { concurrency: 100, delay: 0, notes, problems })
  },
}

/** One page kills whoever opens it. */
export const poisonPage: Row = {
  name: 'poison-page',
  fault: 'a page that kills every process that opens it',
  injected: '`process.abort()` in the callback of one page; workers are started again as they die',
  outcome:
    'After `maxDeliveries` workers the page is a dead letter. All others are crawled, those too that were in flight beside it.',
  async run({ progress }) {
    const poison = 150
    const deliveries = 5
    await using arena = await Arena.open({
      site: { pages: 200, latency: 60 },
      spider: { onPage: `if (number === ${poison}) process.abort()` },
      settings: { delay: 0, maxDeliveries: deliveries },
      progress,
    })
    arena.startMany(2)
    let deaths = 0
    while (arena.living.length > 0 && deaths < 20) {
      await Promise.race(arena.living.map(({ running }) => running.ended))
      for (const worker of arena.workers) {
        if (worker.doomed || worker.ended?.signal !== 'SIGABRT') continue
        worker.doomed = true
        deaths++
        arena.start()
      }
    }
    const problems = deaths === deliveries ? [] : [`${deaths} workers died of it, expected ${deliveries}`]
    return await examine(arena, { times: deaths, dead: [poison], delay: 0, problems })
  },
}

/** A callback that computes for longer than the session lasts: its worker cannot give a sign of life. */
export const loopBlocked: Row = {
  name: 'block-worker',
  fault: 'a callback blocks its worker (an endless regular expression, a huge page)',
  injected: 'a callback that computes for three times as long as a session lasts',
  outcome:
    'As for a worker that stands still: its pages go to others, its late commits change nothing, it comes back with a new session.',
  async run({ progress }) {
    await using arena = await Arena.open({
      site: { pages: 900 },
      spider: { onPage: `if (number === 60 && once('block')) for (const end = Date.now() + 6000; Date.now() < end; );` },
      settings: { delay: 0.04 },
      progress,
    })
    arena.startMany(2)
    await arena.reached(62)
    await arena.until('the session of the blocked worker to be over', ({ workers }) => workers === 1)
    await arena.over()
    return await examine(arena, { delay: 40 })
  },
}
