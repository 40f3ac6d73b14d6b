import { describe, expect, test } from 'vitest'
import { Reach } from './reach.ts'
import { SocialGraph } from './social-graph.ts'

const USERS = 20_000
const graph = new SocialGraph(USERS, 1)
const all = Array.from({ length: USERS }, (_, user) => user)

describe('the graph', () => {
  test('has degrees with a long tail: 0 to 500, 30 on the average', () => {
    const degrees = all.map((user) => graph.count(user, 'followees'))
    const mean = degrees.reduce((sum, degree) => sum + degree, 0) / USERS
    expect(Math.abs(mean - 30)).toBeLessThan(2)
    expect(Math.min(...degrees)).toBe(0)
    expect(Math.max(...degrees)).toBe(500)
    // half of all have few, one in fifty has more than 100
    expect(degrees.sort((a, b) => a - b)[USERS / 2]!).toBeLessThan(20)
    expect(degrees.filter((degree) => degree > 100).length).toBeGreaterThan(USERS / 50)
  })

  test('has followers that are the exact inverse of followees, nobody twice and nobody oneself', () => {
    const edges = (kind: 'followees' | 'followers'): Set<number> =>
      new Set(
        all.flatMap((user) =>
          Array.from(graph.list(user, kind), (other) => (kind === 'followees' ? user * USERS + other : other * USERS + user)),
        ),
      )
    const there = edges('followees')
    const back = edges('followers')
    const total = all.reduce((sum, user) => sum + graph.count(user, 'followees'), 0)
    expect(there.size).toBe(total)
    expect(back.size).toBe(total)
    expect([...there].filter((edge) => !back.has(edge))).toEqual([])
    expect(all.filter((user) => there.has(user * USERS + user))).toEqual([])
  })

  test('has one user in a hundred that is not found, two in a thousand that are gone, and never the first', () => {
    const counts = new Map<number, number>()
    for (const status of graph.statuses) counts.set(status, (counts.get(status) ?? 0) + 1)
    expect([...counts.keys()].sort()).toEqual([200, 404, 410])
    expect(Math.abs(counts.get(404)! - 200)).toBeLessThan(57)
    expect(Math.abs(counts.get(410)! - 40)).toBeLessThan(26)
    for (let seed = 0; seed < 500; seed++) expect(new SocialGraph(3, seed).statuses[0]).toBe(200)
  })

  test('has one entry in 400 with null for a token, and as many with an empty one', () => {
    const tokens = { token: 0, null: 0, empty: 0 }
    for (const user of all)
      for (const other of graph.list(user, 'followers')) tokens[graph.entryToken(user, 'followers', other)]++
    const total = tokens.token + tokens.null + tokens.empty
    for (const kind of ['null', 'empty'] as const) expect(Math.abs(tokens[kind] / total - 0.0025)).toBeLessThan(0.0003)
  })

  test('follows from its seed', () => {
    const list = (seed: number): number[] => Array.from(new SocialGraph(500, seed).list(0, 'followees'))
    const owners = (seed: number): string => {
      const small = new SocialGraph(500, seed)
      return String(Array.from({ length: 500 }, (_, user) => small.count(user, 'followees')))
    }
    expect(list(5)).toEqual(list(5))
    expect(owners(5)).toBe(owners(5))
    expect(owners(5)).not.toBe(owners(6))
  })

  test.each([1, 2, 3, 10])('of %i users is one as well', (users) => {
    const small = new SocialGraph(users, 4)
    for (let user = 0; user < users; user++) {
      const followees = Array.from(small.list(user, 'followees'))
      expect(new Set(followees).size).toBe(followees.length)
      expect(followees.every((other) => other !== user && other < users)).toBe(true)
    }
    expect(new Reach(small).users[0]).toBe(0)
  })
})

describe('the reach', () => {
  test('is what a search without its shortcuts finds', () => {
    const small = new SocialGraph(800, 9)
    const found = new Set([0])
    const gone = new Set<number>()
    for (const owner of found)
      for (const kind of ['followers', 'followees'] as const)
        for (const user of small.list(owner, kind)) {
          if (small.entryToken(owner, kind, user) !== 'token') continue
          ;(small.statuses[user] === 200 ? found : gone).add(user)
        }
    const reach = new Reach(small)
    const sorted = (users: Iterable<number>): number[] => [...users].sort((a, b) => a - b)
    expect(sorted(reach.users)).toEqual(sorted(found))
    expect(sorted(reach.gone)).toEqual(sorted(gone))
  })

  test('names one entry for everybody but the first', () => {
    const small = new SocialGraph(800, 9)
    const reach = new Reach(small)
    const times = new Map<number, number>()
    for (const owner of reach.users)
      for (const kind of ['followees', 'followers'] as const)
        for (const user of small.list(owner, kind))
          if (reach.isFoundBy(owner, kind, user)) times.set(user, (times.get(user) ?? 0) + 1)
    expect(times.size).toBe(reach.users.length + reach.gone.length - 1)
    expect([...times.values()].every((count) => count === 1)).toBe(true)
    expect(times.has(0)).toBe(false)
  })
})
