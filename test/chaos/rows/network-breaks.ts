import { startProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { Arena, pause } from '../arena.ts'
import { examine, type Findings } from '../findings.ts'
import { startGate } from '../gate.ts'
import type { Row, RowContext } from '../row.ts'

/** Runs a crawl whose workers reach Redis through a line, which `trouble` breaks. Gives how often it did. */
async function behindLine(
  { progress, short }: RowContext,
  trouble: (line: TcpProxy, arena: Arena) => Promise<number>,
): Promise<Findings> {
  await using arena = await Arena.open({ site: { pages: short ? 250 : 800 }, settings: { delay: 0.04 }, progress })
  const line = await startProxy(arena.redis.port)
  try {
    arena.url = `redis://127.0.0.1:${line.port}`
    arena.startMany(short ? 2 : 3)
    await arena.reached(40)
    const times = await trouble(line, arena)
    await arena.over()
    return await examine(arena, { times, delay: 40 })
  } finally {
    await line.close()
  }
}

/** Connections break. */
export const lineCut: Row = {
  name: 'cut',
  fault: 'the line to Redis is cut (RST), also for a while',
  injected: 'all connections reset, 10 times; twice no new ones for 1 s',
  outcome: 'Calls are sent again on a new connection. Nothing else happens.',
  run: (context) =>
    behindLine(context, async (line, arena) => {
      for (let time = 0; time < 10; time++) {
        line.cut()
        if (time % 5 === 4) {
          line.refuse()
          await pause(1000)
          line.accept()
        }
        await arena.reached(arena.site.asked + 20)
      }
      return 10
    }),
}

/** Commands arrive, their answers do not: the worker cannot know whether a step was made. */
export const repliesLost: Row = {
  name: 'lost-replies',
  fault: 'the answer of Redis is lost',
  injected: 'commands go through, their answers are swallowed and the line is cut',
  outcome:
    'The call is sent again, and Redis knows it: a request is not taken for a duplicate, a lease not given twice, a page not committed twice.',
  run: (context) =>
    behindLine(context, async (line, arena) => {
      const times = context.short ? 8 : 25
      for (let time = 0; time < times; time++) {
        await line.swallowReply()
        await arena.reached(arena.site.asked + 5)
      }
      return times
    }),
}

/** Nothing comes back, and nobody says so. */
export const lineBlackHole: Row = {
  name: 'black-hole',
  fault: 'the line to Redis swallows everything (half-open connections, a firewall)',
  injected: 'nothing gets through in either direction for 5 s, twice: longer than a session lasts',
  outcome: 'Workers give their pages up when the session must be over, and open new ones when the line is back.',
  run: (context) =>
    behindLine(context, async (line, arena) => {
      for (const at of [100, 300]) {
        await arena.reached(at)
        line.blackhole()
        await pause(5000)
        line.restore()
      }
      return 2
    }),
}

/** A line that is far away, or narrow. */
export const lineSlow: Row = {
  name: 'slow-line',
  fault: 'a slow line to Redis',
  injected: '2 s of latency (1 s each way) with sessions of 6 s, then 64 kbit/s',
  outcome: 'The crawl is slower. Nothing else.',
  async run({ progress }) {
    await using arena = await Arena.open({ site: { pages: 400 }, settings: { delay: 0.04, sessionTtl: 6 }, progress })
    const line = await startProxy(arena.redis.port)
    try {
      arena.url = `redis://127.0.0.1:${line.port}`
      arena.startMany(2)
      await arena.reached(40)
      line.latency(1000)
      await pause(10_000)
      line.latency(0)
      line.bandwidth(8000)
      await pause(6000)
      line.bandwidth(0)
      await arena.over()
      return await examine(arena, { times: 2, delay: 40 })
    } finally {
      await line.close()
    }
  },
}

/** One worker is cut off; Redis and the others are fine. */
export const partition: Row = {
  name: 'partition',
  fault: 'one worker is cut off from Redis, but not from the web',
  injected: 'a black hole in the line of one of three workers, for 8 s: four times as long as a session lasts',
  outcome: 'It stops fetching when its session must be over, as others have its pages by then; it comes back with a new session.',
  async run({ progress }) {
    await using arena = await Arena.open({ site: { pages: 1400, latency: 40 }, settings: { delay: 0.04 }, progress })
    const line = await startProxy(arena.redis.port)
    try {
      const lonely = arena.start({ redis: `redis://127.0.0.1:${line.port}`, settings: { userAgent: 'lonely' } })
      arena.startMany(2)
      await arena.until('three workers', ({ workers }) => workers === 3)
      await arena.reached(100)
      const problems: string[] = []
      line.blackhole()
      await arena.until('its session to be over', ({ workers }) => workers === 2, 8000)
      // its own watch may be a beat behind that of the server
      await pause(1000)
      const asked = arena.site.askedBy('lonely')
      await pause(4000)
      const more = arena.site.askedBy('lonely') - asked
      if (more > 0) problems.push(`cut off and over, it asked for ${more} pages`)
      line.restore()
      await arena.until('it to be back', ({ workers, state }) => workers === 3 || state === 'finished', 20_000)
      await arena.over()
      if (arena.site.askedBy('lonely') === asked) problems.push('it never asked for a page again')
      if (lonely.ended?.code !== 0) problems.push(`it ended with ${lonely.ended?.code}`)
      return await examine(arena, { delay: 40, problems })
    } finally {
      await line.close()
    }
  },
}

/** Every step arrives twice. */
export const repeated: Row = {
  name: 'repeated-calls',
  fault: 'calls arrive twice, and late',
  injected: 'every script call is sent a second time: at once, or behind the five that follow',
  outcome: 'Redis knows calls it has answered. Nothing is leased, committed, stored or counted twice.',
  async run({ progress }) {
    await using arena = await Arena.open({ site: { pages: 500 }, settings: { delay: 0.02 }, progress })
    const gate = await startGate(arena.redis.port)
    try {
      gate.repeatScripts()
      arena.url = `redis://127.0.0.1:${gate.port}`
      arena.startMany(3)
      await arena.over(60_000)
      return await examine(arena, { times: gate.repeated })
    } finally {
      await gate.close()
    }
  },
}
