import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { User } from '../../examples/zhihu/items.ts'
import { startMongo } from '../support/mongo-server.ts'
import { Fleet, type FleetPlan } from './fleet.ts'
import { difference, expectedUsers, storedInMongo, storedInRedis } from './stored-users.ts'

const HELP = `npm run fleet -- [options]

Crawls a look-alike of Zhihu's API with several worker processes that share one Redis. The site is late, refuses more than its rate, breaks one answer
in a hundred, and moves its lists while they are read; every few seconds a worker is killed (kill -9) and another one started. In the end every user
that can be reached has to be stored, once, with every field as the site has it: in MongoDB, and, in a second crawl, in the list of items in Redis.

  --users N      users of the site (default 20000)
  --workers N    (default 4)
  --limit N      requests a second that the site lets through (default 2000)
  --kill N       seconds between two deaths (default 5)
  --into STORE   only 'mongo' or 'redis'
  --no-build     run what is built

Exit code: 0 nothing is missing, 1 something is, 2 wrong usage.
`

/** The command line of the fleet. Resolves with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let options: ReturnType<typeof read>
  try {
    options = read(args)
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`)
    return 2
  }
  if (options === undefined) {
    console.log(HELP)
    return 0
  }
  const { stores, kill, ...plan } = options
  let whole = true
  for (const store of stores) whole = (await crawlInto(store, plan, kill)) && whole
  return whole ? 0 : 1
}

type Store = 'mongo' | 'redis'

async function crawlInto(store: Store, plan: FleetPlan, kill: number): Promise<boolean> {
  const mongo = store === 'mongo' ? await startMongo() : undefined
  try {
    return await crawled(mongo?.url, plan, kill)
  } finally {
    await mongo?.stop()
  }
}

async function crawled(mongo: string | undefined, plan: FleetPlan, kill: number): Promise<boolean> {
  const progress = (text: string): void => console.log(`  ${text}`)
  await using fleet = await Fleet.open({ ...plan, progress, ...(mongo === undefined ? {} : { mongo }) })
  const { users, requests } = fleet.site.expected
  console.log(
    `\n── ${plan.workers} workers, ${users} users and ${requests} URLs to be found, into ${mongo === undefined ? 'a list in Redis' : 'MongoDB'}`,
  )
  const first = await fleet.crawl(() => sleep(kill * 1000))
  const read = (): Promise<User[]> => (mongo === undefined ? storedInRedis(fleet.redis) : storedInMongo(mongo))
  const problems = difference(await read(), expectedUsers(fleet.site))
  problems.push(...first.unasked.map((token) => `nobody asked for ${token}`))
  if (first.site.peakRate > plan.limit) problems.push(`${first.site.peakRate} requests in a second, more than ${plan.limit}`)
  for (const { code, stderr } of first.ended)
    if (code !== 0 || !stderr.includes('closed (finished)')) problems.push(`a worker ended with ${code}: ${stderr.slice(-500)}`)

  const asked = fleet.site.stats().requests
  const again = await fleet.crawl()
  const askedAgain = fleet.site.stats().requests - asked
  if (askedAgain > 0) problems.push(`a start after the end asked the site for ${askedAgain} pages`)
  problems.push(...difference(await read(), expectedUsers(fleet.site)))

  console.table({
    seconds: first.seconds.toFixed(1),
    'killed workers': first.kills,
    requests: first.site.requests,
    'requests/s': (first.site.requests / first.seconds).toFixed(0),
    'most in a second': first.site.peakRate,
    'users stored': users,
    'seconds of a start after the end': again.seconds.toFixed(1),
    ...Object.fromEntries(Object.entries(first.site.statuses).map(([status, n]) => [`status ${status}`, n])),
    problems: problems.length,
  })
  for (const problem of problems.slice(0, 20)) console.error(`✖ ${problem}`)
  return problems.length === 0
}

function read(args: readonly string[]): (FleetPlan & { kill: number; stores: Store[] }) | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      users: { type: 'string', default: '20000' },
      workers: { type: 'string', default: '4' },
      limit: { type: 'string', default: '2000' },
      kill: { type: 'string', default: '5' },
      into: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return undefined
  const number = (name: 'users' | 'workers' | 'limit' | 'kill'): number => {
    const n = Number(values[name])
    const isRight = name === 'kill' ? n > 0 && Number.isFinite(n) : Number.isSafeInteger(n) && n > 0
    if (!isRight) throw new Error(`--${name} ${values[name]}: expected a ${name === 'kill' ? '' : 'whole '}number above 0`)
    return n
  }
  if (values.into !== undefined && values.into !== 'mongo' && values.into !== 'redis')
    throw new Error(`--into ${values.into}: there are mongo and redis`)
  const stores: Store[] = values.into === undefined ? ['mongo', 'redis'] : [values.into]
  return { users: number('users'), workers: number('workers'), limit: number('limit'), kill: number('kill'), stores }
}
