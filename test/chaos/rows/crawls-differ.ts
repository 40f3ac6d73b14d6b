import { startRedis } from '../../support/redis-server.ts'
import { Arena } from '../arena.ts'
import { busiestSecond, examine } from '../findings.ts'
import type { Row } from '../row.ts'

/** Messages in start_urls that are no seeds. */
export const poisonSeeds: Row = {
  name: 'poison-seeds',
  fault: 'bad messages in `start_urls` (half a JSON, bytes that are no text, no URL)',
  injected: 'eleven bad messages among good ones',
  outcome: 'The bad ones are kept aside with what is wrong with them, and all others are crawled.',
  async run({ progress }) {
    const pages = 60
    const linksOf = (page: number): number[] => [page * 2 + 2, page * 2 + 3].filter((to) => to < pages)
    await using arena = await Arena.open({ site: { pages, linksOf }, settings: { delay: 0 }, whole: false, progress })
    const key = 'chaos:start_urls'
    const bad = [
      '',
      '   ',
      '{"url": ',
      '{"meta": {}}',
      '{"url": 7}',
      '[]',
      'null',
      'javascript:alert(1)',
      '/no/host',
      `{"url": "${arena.site.url(1)}", "$request": {"no-such-field": 1}}`,
    ]
    await arena.redis.cli('RPUSH', key, ...bad.slice(0, 5), arena.site.url(0), ...bad.slice(5))
    // bytes as they are, which no client would send as text
    await arena.redis.cli('EVAL', `return redis.call('RPUSH', KEYS[1], '\\255\\254\\0http')`, 1, key)
    await arena.redis.cli('RPUSH', key, JSON.stringify({ url: arena.site.url(1), meta: { from: 'json' } }))
    const worker = arena.start({ seeds: false })
    await arena.over(30_000)
    const aside = (await arena.redis.cli('LRANGE', '{chaos}:start_urls:dead', 0, -1)) as readonly string[]
    const problems: string[] = []
    if (aside.length !== bad.length + 1)
      problems.push(`${aside.length} messages were kept aside, expected ${bad.length + 1}: ${worker.ended?.stderr.slice(0, 600)}`)
    for (const text of aside) {
      const { error, message } = JSON.parse(text) as { error?: string; message?: string }
      if (typeof message !== 'string' || !error) problems.push(`a message was kept aside without saying why: ${text}`)
    }
    return await examine(arena, { times: bad.length + 1, delay: 0, problems })
  },
}

/** Two crawls of one spider, told apart by their jobs. */
export const twoCrawls: Row = {
  name: 'two-crawls',
  fault: 'two crawls of one spider at once',
  injected: 'the same spider with two jobs in one Redis, two workers each',
  outcome: 'Two crawls that know nothing of each other.',
  async run({ progress }) {
    const redis = await startRedis()
    try {
      const open = (job: string): Promise<Arena> =>
        Arena.open({
          site: { pages: 300 },
          settings: { delay: 0.02, job },
          server: { url: redis.url, command: redis.cli },
          progress,
        })
      await using one = await open('one')
      await using other = await open('other')
      one.startMany(2)
      other.startMany(2)
      await Promise.all([one.over(), other.over()])
      const [a, b] = [await examine(one), await examine(other)]
      return {
        times: 1,
        pages: a.pages + b.pages,
        lost: a.lost + b.lost,
        fetchedTwice: a.fetchedTwice + b.fetchedTwice,
        committedTwice: a.committedTwice + b.committedTwice,
        problems: [...a.problems, ...b.problems],
        notes: [],
      }
    } finally {
      await redis.stop()
    }
  },
}

/** One host has most of the queue. */
export const hotHost: Row = {
  name: 'hot-host',
  fault: 'one host with most of the queue, beside many small ones',
  injected: '1,000 pages of one host at 20/s, and 300 hosts with 5 each; the big one came first',
  outcome: 'Hosts take turns: the small ones are served from the first second, and the big one is never faster than its pace.',
  async run({ progress }) {
    const hot = 1000
    const small = 300
    const each = 5
    const pages = 1 + hot + small * each
    const hotDelay = 50
    // pages 1..hot are those of host 0; then come the small ones, each a chain
    const hostOf = (page: number): number => (page <= hot ? 0 : 1 + Math.floor((page - hot - 1) / each))
    const linksOf = (page: number): number[] => {
      if (page === 0)
        return Array.from({ length: hot }, (_, i) => i + 1).concat(Array.from({ length: small }, (_, i) => hot + 1 + i * each))
      return page > hot && (page - hot) % each !== 0 ? [page + 1] : []
    }
    await using arena = await Arena.open({ site: { pages, hosts: small + 1, hostOf, linksOf, latency: 5 }, progress })
    const settings = {
      concurrency: 32,
      delay: 0.1,
      concurrencyPerSlot: 2,
      slots: JSON.stringify({ [arena.site.hostOf(0)]: { delay: hotDelay / 1000, concurrency: 16 } }),
    }
    arena.startMany(2, { settings })
    await arena.over(180_000)
    const hosts = arena.site.hosts
    const hotStarts = hosts.get(arena.site.hostOf(0))!.starts
    const smalls = [...hosts.values()].slice(1)
    const begin = hotStarts[1]!
    const first = Math.max(0, Math.min(...smalls.map(({ starts }) => starts[0]!)) - begin)
    const last = Math.max(...smalls.map(({ starts }) => starts.at(-1)!)) - begin
    const all = hotStarts.at(-1)! - begin
    const beside = hotStarts.filter((at) => at - begin <= last).length / (last / 1000)
    const problems: string[] = []
    if (first > 1000) problems.push(`the first small host was asked after ${first.toFixed(0)} ms`)
    if (last > all * 0.7)
      problems.push(`the small hosts were done after ${(last / 1000).toFixed(1)} s of ${(all / 1000).toFixed(1)} s`)
    if (busiestSecond(hotStarts) > (1000 / hotDelay) * 1.25)
      problems.push(`the big host had ${busiestSecond(hotStarts)} requests in a second`)
    for (const { peak } of smalls) if (peak > 2) problems.push(`a small host had ${peak} requests at once`)
    const notes = [
      `first small host after ${first.toFixed(0)} ms, all after ${(last / 1000).toFixed(1)} s, the big one at ${beside.toFixed(0)}/s meanwhile, done after ${(all / 1000).toFixed(1)} s`,
    ]
    return await examine(arena, { concurrency: 16, delay: 0, problems, notes })
  },
}

/** A calendar without an end. */
export const trap: Row = {
  name: 'spider-trap',
  fault: 'a site without an end (a calendar)',
  injected: 'pages that each link to two new ones, for ever, on a host with a budget of 100',
  outcome: 'The host gets its budget, what is beyond it ends visibly as `budget`, and the crawl finishes.',
  async run({ progress }) {
    const hosts = 5
    const budget = 100
    await using arena = await Arena.open({
      site: { pages: 200, hosts, hostOf: (page) => page % (hosts - 1), trap: true },
      progress,
    })
    const calendar = [...arena.site.hosts.keys()].at(-1)!
    const workers = arena.startMany(2, { settings: { delay: 0.01, slots: JSON.stringify({ [calendar]: { budget } }) } })
    await arena.over(60_000)
    const problems: string[] = []
    if (arena.site.trapped !== budget)
      problems.push(`${arena.site.trapped} pages of the calendar were asked for, its budget is ${budget}`)
    if (!workers.some(({ ended }) => / budget/.test(ended?.stderr ?? '')))
      problems.push('no worker said that requests ended as budget')
    return await examine(arena, { others: budget, delay: 10, problems })
  },
}
