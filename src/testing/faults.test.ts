import { afterEach, describe, expect, test } from 'vitest'
import { FakeClock } from '../../test/support/fake-clock.ts'
import type { FakeSite, FakeSiteOptions, Fault } from './contract.ts'
import { fakeSite } from './fake-site.ts'

const open: FakeSite[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((site) => site.close()))
})

async function start(faults: readonly Fault[], options: FakeSiteOptions = {}): Promise<FakeSite> {
  const site = await fakeSite(() => ({ json: { page: 'x'.repeat(100) } }), { faults, ...options })
  open.push(site)
  return site
}

/** What becomes of each path, asked for twice. */
async function outcomes(site: FakeSite, paths: number): Promise<string[]> {
  const seen: string[] = []
  for (let i = 0; i < paths * 2; i++) {
    const response = await fetch(`${site.url}/${i % paths}`, { redirect: 'manual' }).catch(() => undefined)
    const body = await response?.text().catch(() => 'cut')
    seen.push(response === undefined ? 'reset' : `${response.status} ${body?.length}`)
  }
  return seen
}

const CERTAIN = { probability: 1, attempts: 1 }

describe('each fault', () => {
  test('status', async () => {
    const site = await start([{ kind: 'status', ...CERTAIN }])
    expect((await fetch(site.url)).status).toBe(503)
    expect((await fetch(site.url)).status).toBe(200)
    expect(site.log()).toMatchObject([
      { status: 503, fault: 'status', attempt: 1 },
      { status: 200, attempt: 2 },
    ])
    expect(site.stats().faults).toEqual({ status: 1 })

    const many = await start([{ kind: 'status', ...CERTAIN, statuses: [500, 502, 403] }], {
      errorPage: (status) => ({ json: { status } }),
    })
    const statuses = new Set<number>()
    for (let i = 0; i < 40; i++) {
      const response = await fetch(`${many.url}/${i}`)
      expect(await response.json()).toEqual({ status: response.status })
      statuses.add(response.status)
    }
    expect([...statuses].sort()).toEqual([403, 500, 502])
  })

  test('reset', async () => {
    const site = await start([{ kind: 'reset', ...CERTAIN }])
    const error = await fetch(site.url).catch((thrown: Error) => thrown)
    expect((error as Error & { cause: { code: string } }).cause.code).toBe('ECONNRESET')
    expect((await fetch(site.url)).status).toBe(200)
    expect(site.log()).toMatchObject([{ status: 0, fault: 'reset' }, { status: 200 }])
  })

  test('truncated-body: announced whole, broken off half-way', async () => {
    const site = await start([{ kind: 'truncated-body', ...CERTAIN }])
    const response = await fetch(site.url)
    expect(response.headers.get('content-length')).toBe('111')
    await expect(response.text()).rejects.toThrow()
    expect(await (await fetch(site.url)).json()).toBeDefined()
  })

  test('truncated-json: framed as if it were whole', async () => {
    const site = await start([{ kind: 'truncated-json', ...CERTAIN }])
    const body = await (await fetch(site.url)).text()
    expect(body).toHaveLength(55)
    expect(() => JSON.parse(body)).toThrow()
  })

  test('slow-body: in pieces over its time', async () => {
    const clock = new FakeClock()
    const site = await start([{ kind: 'slow-body', ...CERTAIN, seconds: 9 }], { clock })
    const response = await fetch(site.url)
    let pieces = 0
    let size = 0
    for await (const piece of response.body!) {
      pieces++
      size += piece.length
      if (clock.pending > 0) clock.advance(1000)
    }
    expect([size, pieces]).toEqual([111, 10])
  })

  test('captcha: until the cookie comes', async () => {
    const site = await start([{ kind: 'captcha', probability: 1, page: '/unhuman', cookie: 'z=1' }])
    for (let i = 0; i < 4; i++) {
      const answer = await fetch(`${site.url}/a?b=c`, { redirect: 'manual' })
      expect([answer.status, answer.headers.get('location')]).toEqual([302, '/unhuman?next=%2Fa%3Fb%3Dc'])
    }
    const page = await fetch(`${site.url}/a?b=c`)
    expect(page.url).toBe(`${site.url}/unhuman?next=%2Fa%3Fb%3Dc`)
    const cookie = page.headers.getSetCookie()[0]!
    expect(cookie).toBe('z=1; Path=/')
    expect((await fetch(`${site.url}/a?b=c`, { headers: { cookie: 'y=2; z=1' } })).status).toBe(200)
  })
})

describe('chance', () => {
  const mixed: readonly Fault[] = [
    { kind: 'status', probability: 0.2 },
    { kind: 'reset', probability: 0.2 },
    { kind: 'truncated-json', probability: 0.2 },
    { kind: 'captcha', probability: 0.1 },
  ]

  test('is the same in every run with a seed, and after a reset; with another it is another', async () => {
    const site = await start(mixed, { seed: 7 })
    const first = await outcomes(site, 60)
    site.reset()
    expect(await outcomes(site, 60)).toEqual(first)
    expect(await outcomes(await start(mixed, { seed: 7 }), 60)).toEqual(first)
    expect(await outcomes(await start(mixed, { seed: 8 }), 60)).not.toEqual(first)
    expect(new Set(first)).toEqual(
      new Set(['200 111', '200 55', 'reset', '302 0', `503 ${first.find((one) => one.startsWith('503'))!.slice(4)}`]),
    )
  })

  test('does not depend on the order in which pages are asked for, nor on what limits turned away', async () => {
    const at = (site: FakeSite): string[] =>
      site
        .log()
        .filter(({ attempt }) => attempt > 0)
        .map(({ url, attempt, fault }) => `${url} ${attempt} ${fault}`)
        .sort()
    const one = await start(mixed, { seed: 3 })
    await outcomes(one, 30)
    const clock = new FakeClock()
    const other = await start(mixed, { seed: 3, rateLimits: [{ requests: 1 }], clock })
    for (let i = 29; i >= 0; i--)
      for (let attempt = 0; attempt < 2; attempt++)
        for (const turnedAway of [false, true]) {
          await fetch(`${other.url}/${i}`, { redirect: 'manual' }).then(
            (answer) => answer.text(),
            () => undefined,
          )
          if (turnedAway) clock.advance(1000)
        }
    expect(other.stats().faults['rate-limit']).toBe(60)
    expect(at(other)).toEqual(at(one))
  })

  test('comes to the probability, for each fault by itself', async () => {
    const site = await start([
      { kind: 'status', probability: 0.1 },
      { kind: 'truncated-json', probability: 0.3 },
    ])
    await Promise.all(Array.from({ length: 600 }, (_, i) => fetch(`${site.url}/${i}`).then((answer) => answer.text())))
    const { faults } = site.stats()
    // 600 · 0.1 ± 4 σ, and of the 540 others 0.3 ± 4 σ
    expect(Math.abs(faults['status']! - 60)).toBeLessThan(30)
    expect(Math.abs(faults['truncated-json']! - 162)).toBeLessThan(43)
  })

  test('spares what `only` does not match, and further attempts', async () => {
    const site = await start([{ kind: 'status', probability: 1, only: /\/a/g, attempts: 3 }])
    const statuses: number[] = []
    for (let i = 0; i < 5; i++) statuses.push((await fetch(`${site.url}/a`)).status)
    expect(statuses).toEqual([503, 503, 503, 200, 200])
    expect((await fetch(`${site.url}/b`)).status).toBe(200)
  })

  test('of more than 1 is refused', async () => {
    await expect(fakeSite({}, { faults: [{ kind: 'reset', probability: 1.5 }] })).rejects.toMatchObject({ code: 'ERR_FAULT' })
    await expect(fakeSite({}, { faults: [{ kind: 'reset', probability: Number.NaN }] })).rejects.toMatchObject({
      code: 'ERR_FAULT',
    })
  })
})
