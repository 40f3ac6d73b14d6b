import type { Reply } from './redis-server.ts'

/** Sends one command. */
export type Cli = (...args: readonly (string | number)[]) => Promise<Reply>

/**
 * Looks at the keys of a crawl from outside, while no step is being made, and gives every way in which they do not fit together: what is
 * counted against what is there, and each slot against its queues, its leases and its place among the slots (I2).
 */
export async function inconsistencies(cli: Cli, name: string): Promise<string[]> {
  const p = `{${name}}:`
  const problems: string[] = []
  const expectEqual = (what: string, actual: unknown, expected: unknown): void => {
    if (String(actual) !== String(expected)) problems.push(`${what}: ${actual}, expected ${expected}`)
  }
  const crawl = await hash(cli, `${p}crawl`)
  if (Object.keys(crawl).length === 0) return []
  const keys = (await cli('KEYS', `${p.replaceAll(/[[\]?*]/g, '\\$&')}*`)) as string[]
  const now = Date.now()

  const queued = new Map<string, number>()
  const priorities = new Map<string, number[]>()
  for (const key of keys) {
    const match = /^requests:(-?\d+):(.*)$/s.exec(key.slice(p.length))
    if (match === null) continue
    const length = Number(await cli('LLEN', key))
    queued.set(match[2]!, (queued.get(match[2]!) ?? 0) + length)
    priorities.set(match[2]!, [...(priorities.get(match[2]!) ?? []), Number(match[1])])
  }
  const leased = new Map<string, number>()
  let leases = 0
  const workers = (await cli('ZRANGE', `${p}workers`, 0, -1)) as string[]
  for (const key of keys.filter((each) => each.startsWith(`${p}leases:`))) {
    if (!workers.includes(key.slice(`${p}leases:`.length))) problems.push(`${key} belongs to no worker`)
    for (const entry of Object.values(await hash(cli, key))) {
      const slot = entry.split('\t')[3]!
      leased.set(slot, (leased.get(slot) ?? 0) + 1)
      leases++
    }
  }
  let held = 0
  for (const callback of (await cli('ZRANGE', `${p}held`, 0, -1)) as string[])
    held += Number(await cli('LLEN', `${p}held:${callback}`))

  expectEqual('queued', crawl['queued'] ?? 0, sum(queued.values()))
  expectEqual('leased', crawl['leased'] ?? 0, leases)
  expectEqual('held', crawl['held'] ?? 0, held)

  const index = await scores(cli, `${p}requests`)
  const ready = await scores(cli, `${p}slots:ready`)
  const waiting = await scores(cli, `${p}slots:waiting`)
  const readySlots = new Map([...ready].map(([member, score]) => [member.slice(15), score]))
  expectEqual('slots that stand twice among the ready ones', ready.size - readySlots.size, 0)
  for (const name of new Set([...queued.keys(), ...leased.keys(), ...index.keys(), ...readySlots.keys(), ...waiting.keys()])) {
    const slot = await hash(cli, `${p}slot:${name}`)
    const q = queued.get(name) ?? 0
    expectEqual(`queued in ${name}`, slot['q'] ?? 0, q)
    expectEqual(`leased of ${name}`, slot['l'] ?? 0, leased.get(name) ?? 0)
    expectEqual(`${name} in the index`, index.get(name), q)
    const listed = (await cli('ZRANGE', `${p}priorities:${name}`, 0, -1)) as string[]
    expectEqual(
      `priorities of ${name}`,
      listed.map(Number),
      (priorities.get(name) ?? []).sort((a, b) => a - b),
    )
    if (q > 0) expectEqual(`best priority of ${name}`, slot['p'], Math.max(...priorities.get(name)!))
    const place = readySlots.has(name) ? 1 : waiting.has(name) ? 2 : 0
    expectEqual(`place of ${name}`, slot['w'] ?? 0, place)
    if (readySlots.has(name) && waiting.has(name)) problems.push(`${name} is ready and waits`)
    if (readySlots.has(name)) expectEqual(`score of ${name}`, readySlots.get(name)! + 0, -Number(slot['p']) + 0)
    if (
      q > 0 &&
      place === 0 &&
      (leased.get(name) ?? 0) < Number(crawl['concurrency']) &&
      (await cli('HEXISTS', `${p}policies`, name)) === 0
    )
      problems.push(`${name} has ${q} requests and free places, and is in no schedule at ${now}`)
  }
  return problems
}

async function hash(cli: Cli, key: string): Promise<Record<string, string>> {
  return Object.fromEntries(pairs((await cli('HGETALL', key)) as string[]))
}

async function scores(cli: Cli, key: string): Promise<Map<string, number>> {
  return new Map(
    pairs((await cli('ZRANGE', key, 0, -1, 'WITHSCORES')) as string[]).map(([member, score]) => [member, Number(score)]),
  )
}

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!])
}

function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}
