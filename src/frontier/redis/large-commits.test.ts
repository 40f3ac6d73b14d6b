import { expect, it } from 'vitest'
import { redisBench } from '../../../test/support/redis-backend.ts'
import { inconsistencies } from '../../../test/support/redis-consistency.ts'
import { Request } from '../../http/request.ts'
import type { Commit } from '../contract.ts'

const bench = redisBench()
const get = (path: string): Request => new Request(`http://a.example/${path}`)

/** Arguments of the largest call of a script. */
let largest: number

async function leased(...paths: string[]) {
  largest = 0
  const { link } = bench
  const watched = {
    command: link.command.bind(link),
    subscribe: link.subscribe.bind(link),
    onServerChanged: link.onServerChanged.bind(link),
    close: link.close.bind(link),
    run(...call: Parameters<typeof link.run>) {
      largest = Math.max(largest, call[2].length)
      return link.run(...call)
    },
  }
  const backend = bench.backend({ link: { ...link, ...watched } })
  const frontier = await backend.connect()
  await frontier.enqueue(paths.map(get))
  return { backend, frontier, leases: (await frontier.lease(paths.length)).leases }
}

const done = (lease: Commit['lease'], requests: readonly Request[]): Commit => ({ lease, outcome: { type: 'done' }, requests })

it('a page of 100,000 requests is committed in calls of a bounded size', async () => {
  const { frontier, leases } = await leased('page')
  const requests = Array.from({ length: 100_000 }, (_, n) => get(String(n)))
  requests.push(get('99999'), get('0'))
  const [committed] = await frontier.commit([done(leases[0]!, requests)])
  expect(committed).toEqual({ status: 'ok', duplicates: [100_000, 100_001] })
  expect(await frontier.counts()).toMatchObject({ queued: 100_000, leased: 0, done: 1, seen: 100_001 })
  expect(largest).toBeLessThan(4000)
  expect(await inconsistencies(bench.server.cli, bench.name)).toEqual([])
})

it('a page whose worker dies between two of its calls is done again, and none of its requests is lost or fetched twice', async () => {
  const { backend, frontier, leases } = await leased('page')
  const requests = Array.from({ length: 3000 }, (_, n) => get(String(n)))
  // the calls ahead of the commit; then nothing is heard of it
  await frontier.enqueue(requests.slice(0, 900))
  bench.clock.advance(30_000)
  const other = await backend.connect()
  const again = (await other.lease(3000)).leases
  const page = again.find(({ request }) => request.url.endsWith('/page'))!
  expect(again).toHaveLength(901)
  const [committed] = await other.commit([done(page, requests)])
  expect(committed!.duplicates).toHaveLength(900)
  expect(await frontier.commit([done(leases[0]!, requests)])).toMatchObject([{ status: 'stale' }])
  expect(await other.counts()).toMatchObject({ queued: 2100, leased: 900, done: 1, seen: 3001 })
})
