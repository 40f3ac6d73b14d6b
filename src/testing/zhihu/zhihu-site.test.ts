import { Agent, get } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { canonicalizeUrl } from '../../url/canonicalize-url.ts'
import type { Profile } from './profile.ts'
import { LIST_QUERY, USER_QUERY } from './queries.ts'
import { type ZhihuSite, type ZhihuSiteOptions, zhihuSite } from './zhihu-site.ts'

const open: ZhihuSite[] = []
const agent = new Agent({ keepAlive: true, maxSockets: 8 })
afterEach(async () => {
  await Promise.all(open.splice(0).map((site) => site.close()))
})

async function start(options: ZhihuSiteOptions): Promise<ZhihuSite> {
  const site = await zhihuSite(options)
  open.push(site)
  return site
}

interface Answer<T> {
  readonly status: number
  readonly location: string | undefined
  readonly json: T
}

/** A page of a list, as clients see it. */
interface List {
  readonly paging: { is_end: boolean; is_start: boolean; totals: number; next: string; previous: string }
  readonly data: readonly Profile[]
}

interface Failure {
  readonly error: { readonly code: number; readonly name: string; readonly message: string }
}

const ask = <T = Profile>(url: string, headers: Record<string, string> = { authorization: 'oauth test' }): Promise<Answer<T>> =>
  new Promise((resolve, reject) => {
    get(url, { agent, headers }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (piece: string) => {
        body += piece
      })
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          location: response.headers.location,
          json: (body === '' ? undefined : JSON.parse(body)) as T,
        }),
      )
    }).on('error', reject)
  })

const userUrl = (site: ZhihuSite, token: string): string =>
  `${site.api}/members/${token}?include=${encodeURIComponent(USER_QUERY)}`
const listUrl = (site: ZhihuSite, token: string, kind: string, offset = 0): string =>
  `${site.api}/members/${token}/${kind}?include=${encodeURIComponent(LIST_QUERY)}&offset=${offset}&limit=20`

/** Crawls as the spiders do, with nothing of ours, and checks every user. */
async function crawl(site: ZhihuSite, repair: (next: string) => string = (next) => next) {
  const users = new Map<string, unknown>()
  const seen = new Set([site.start])
  let gone = 0
  const entries: string[] = []
  for (const token of seen) {
    const { status, json } = await ask(userUrl(site, token))
    if (status !== 200) {
      expect([404, 410]).toContain(status)
      gone++
      continue
    }
    users.set(token, json)
    for (const kind of ['followees', 'followers']) {
      let totals = 0
      for (let url: string | undefined = listUrl(site, token, kind); url !== undefined; ) {
        const { json: list }: Answer<List> = await ask(url)
        totals += list.data.length
        for (const { url_token } of list.data) {
          entries.push(`${token} ${kind} ${url_token}`)
          if (url_token) seen.add(url_token as string)
        }
        if (list.paging.is_end) expect(totals).toBe(list.paging.totals)
        url = list.paging.is_end ? undefined : repair(list.paging.next)
      }
      expect(json[kind === 'followees' ? 'following_count' : 'follower_count']).toBe(totals)
    }
  }
  return { users, gone, entries }
}

describe('a crawl without faults', () => {
  test.each([
    ['v1', undefined],
    ['v3', undefined],
    ['v2', (next: string) => next.replace('/members/', '/api/v4/members/')],
  ] as const)('finds exactly who is expected, in as many requests (%s)', async (next, repair) => {
    const site = await start({ users: 300, seed: 2, next })
    const { users, gone } = await crawl(site, repair)
    expect({ users: users.size, gone, requests: site.stats().requests }).toEqual(site.expected)
    expect(Object.values(site.hits()).every((hits) => hits === 1)).toBe(true)
    expect(site.stats().urls).toBe(site.expected.requests)
    expect([...users.keys()].sort()).toEqual(site.reachable().sort())
    for (const [token, json] of users) expect(json).toEqual(site.expectedUser(token))
  })

  test('of lists that shift finds the same, though entries come twice and others never', async () => {
    const still = await crawl(await start({ users: 300, seed: 2 }))
    const site = await start({ users: 300, seed: 2, shiftingLists: true })
    const moving = await crawl(site)
    expect({ users: moving.users.size, gone: moving.gone, requests: site.stats().requests }).toEqual(site.expected)
    expect(moving.users).toEqual(still.users)
    const [before, after] = [new Set(still.entries), new Set(moving.entries)]
    expect(moving.entries.length).toBe(still.entries.length)
    expect([...before].filter((entry) => !after.has(entry)).length).toBeGreaterThan(20)
    expect(moving.entries.length - after.size).toBeGreaterThan(20)
  })

  test('finds them whatever the order of the pages, and however often they are asked for', async () => {
    const site = await start({ users: 200, seed: 5, shiftingLists: true })
    const seen = new Set([site.start])
    const found = new Set<string>()
    for (const token of seen) {
      const { status, json } = await ask(userUrl(site, token))
      if (status !== 200) continue
      found.add(token)
      for (const kind of ['followees', 'followers']) {
        const pages = Math.ceil(Number(json[kind === 'followees' ? 'following_count' : 'follower_count']) / 20)
        for (let page = pages - 1; page >= 0; page--)
          for (let times = 0; times <= (page * 7) % 3; times++) {
            const { json: list } = await ask<List>(listUrl(site, token, kind, page * 20))
            // the last of the times only, as if the others had been lost
            if (times === (page * 7) % 3) for (const { url_token } of list.data) if (url_token) seen.add(url_token as string)
          }
      }
    }
    expect([...found].sort()).toEqual(site.reachable().sort())
  })
})

describe('profiles', () => {
  test('say what is included, and nothing else', async () => {
    const site = await start({ users: 50 })
    const url = `${site.api}/members/${site.start}`
    const plain = ['id', 'url_token', 'name', 'use_default_avatar', 'avatar_url', 'avatar_url_template', 'is_org', 'type', 'url']
    const always = [...plain, 'user_type', 'headline', 'gender', 'is_advertiser', 'vip_info']
    expect(Object.keys((await ask(url)).json)).toEqual(always)
    const some = await ask(`${url}?include=follower_count,thanked_Count,nonsense,locations,__proto__,constructor`)
    expect(Object.keys(some.json)).toEqual([...always, 'follower_count', 'locations'])
    const all = await ask(userUrl(site, site.start))
    const missing = USER_QUERY.replace(/\[.*/, '')
      .split(',')
      .filter((name) => !Object.hasOwn(all.json, name))
    expect(missing).toEqual(['thanked_Count'])
    expect(all.json['id']).toMatch(/^[0-9a-f]{32}$/)
    expect(site.expectedUser(site.start, 'follower_count')).toHaveProperty('follower_count')
    expect(site.expectedUser(site.start, '')).not.toHaveProperty('follower_count')
  })

  test('have badges of the type that is asked for, with topics where they are', async () => {
    const site = await start({ users: 200 })
    const badges = (include: string) =>
      site.reachable().flatMap((token) => site.expectedUser(token, include)!['badge'] as { type: string; topics?: unknown }[])
    const types = (of: { type: string }[]): string[] => [...new Set(of.map(({ type }) => type))].sort()
    expect(types(badges('badge'))).toEqual(['best_answerer', 'identity'])
    expect(types(badges('badge[?(type=best_answerer)]'))).toEqual(['best_answerer'])
    expect(badges('badge').some(({ topics }) => topics !== undefined)).toBe(false)
    expect(badges('badge[?(type=best_answerer)].topics').every(({ topics }) => topics !== undefined)).toBe(true)
  })

  test('have names from all over the world, and differ', async () => {
    const site = await start({ users: 500 })
    const profiles = site.reachable().map((token) => site.expectedUser(token)!)
    const names = new Set(profiles.map(({ name }) => name as string))
    expect(names.size).toBeGreaterThan(100)
    expect([...names].some((name) => /𠮷|🐙/u.test(name))).toBe(true)
    expect(new Set(profiles.map(({ id }) => id)).size).toBe(profiles.length)
    expect(new Set(profiles.map(({ gender }) => gender))).toEqual(new Set([-1, 0, 1]))
  })

  test('are the same in a site with the same seed, and others with another', async () => {
    const [a, b, c] = [
      await start({ users: 100, seed: 1 }),
      await start({ users: 100, seed: 1 }),
      await start({ users: 100, seed: 2 }),
    ]
    expect(a.reachable()).toEqual(b.reachable())
    for (const token of a.reachable()) expect(a.expectedUser(token)).toEqual(b.expectedUser(token))
    expect(a.expectedUser(a.start)).not.toEqual(c.expectedUser(c.start))
  })
})

describe('lists', () => {
  test('have pages of 20 at most, links in the order of the API, and an end', async () => {
    const site = await start({ users: 400, seed: 3 })
    const token = site.reachable().find((one) => (site.expectedUser(one)!['following_count'] as number) > 60)!
    const totals = site.expectedUser(token)!['following_count'] as number
    const { json } = await ask<List>(
      `${site.api}/members/${token}/followees?offset=5&limit=500&include=${encodeURIComponent(LIST_QUERY)}`,
    )
    const include =
      'include=data%5B%2A%5D.answer_count%2Carticles_count%2Cgender%2Cfollower_count%2Cis_followed%2Cis_following%2C'
    const badge = 'badge%5B%3F%28type%3Dbest_answerer%29%5D.topics'
    expect(json.data).toHaveLength(20)
    expect(json.paging).toEqual({
      is_end: false,
      is_start: false,
      totals,
      next: `${site.api}/members/${token}/followees?${include}${badge}&limit=20&offset=25`,
      previous: `${site.api}/members/${token}/followees?${include}${badge}&limit=20&offset=0`,
    })
    // what a spider writes by hand is the same request
    expect(canonicalizeUrl(json.paging.next)).toBe(canonicalizeUrl(listUrl(site, token, 'followees', 25)))
    const at = async (offset: number, limit: number) =>
      (await ask<List>(`${site.api}/members/${token}/followees?offset=${offset}&limit=${limit}`)).json
    expect((await at(totals - 3, 3)).paging.is_end).toBe(true)
    expect((await at(totals - 4, 3)).paging.is_end).toBe(false)
    expect(await at(totals + 50, 3)).toMatchObject({ data: [], paging: { is_end: true } })
    expect((await at(0, 3)).paging).toMatchObject({ is_start: true })
    expect((await at(0, 1)).data[0]).not.toHaveProperty('follower_count')
  })

  test.each([
    ['v1', 'https://www.zhihu.example', 'http://www.zhihu.example/api/v4/members/'],
    ['v2', 'https://www.zhihu.example', 'https://www.zhihu.example/members/'],
    ['v3', 'https://www.zhihu.example', 'https://www.zhihu.example/api/v4/members/'],
  ] as const)('link as they did in the age of %s', async (next, origin, start_) => {
    const site = await start({ users: 20, next, origin })
    const { json } = await ask<List>(`${site.api}/members/${site.start}/followers?limit=1`)
    expect(json.paging.next).toBe(`${start_}${site.start}/followers?limit=1&offset=1`)
  })

  test('have links without /api/v4 that lead there, or nowhere', async () => {
    const path = '/members/user-000000/followers?limit=1&offset=1'
    const dead = await start({ users: 20, next: 'v2' })
    expect((await ask(`${dead.url}${path}`)).status).toBe(404)
    const led = await start({ users: 20, next: 'v2', withoutApi: 301 })
    expect(await ask(`${led.url}${path}`)).toMatchObject({ status: 301, location: `/api/v4${path}` })
    expect((await ask(`${led.url}/other`)).status).toBe(404)
  })

  test('have what users have written', async () => {
    const site = await start({ users: 200 })
    const total = { answers: 0, questions: 0, articles: 0 }
    for (const token of site.reachable()) {
      for (const [kind, field] of [
        ['answers', 'answer_count'],
        ['questions', 'question_count'],
        ['articles', 'articles_count'],
      ] as const) {
        const works = site.expectedWorks(token, kind, 'data[*].content,voteup_count')
        expect(works.length).toBe(site.expectedUser(token)![field])
        total[kind] += works.length
        if (works.length <= 20) continue
        const pages = await Promise.all(
          [0, 20, 40, 60, 80].map((offset) =>
            ask<List>(`${site.api}/members/${token}/${kind}?offset=${offset}&include=data[*].content,voteup_count`),
          ),
        )
        expect(pages.flatMap(({ json }) => json.data)).toEqual(works)
      }
    }
    for (const count of Object.values(total)) expect(count).toBeGreaterThan(200)
  })

  test('have all answers to a question, in pages, each as in the list of who wrote it', async () => {
    const site = await start({ users: 500, seed: 1 })
    const include = 'data[*].content,voteup_count'
    const answered = new Map<number, Profile[]>()
    let asked = 0
    for (const token of site.reachable()) {
      for (const answer of site.expectedWorks(token, 'answers', include)) {
        const { id } = answer['question'] as { id: number }
        answered.set(id, [...(answered.get(id) ?? []), answer])
      }
      for (const { id, answer_count, title } of site.expectedWorks(token, 'questions', 'data[*].answer_count')) {
        const answers = site.expectedAnswers(id as number, include)
        expect(answers).toHaveLength(answer_count as number)
        for (const { question } of answers) expect(question).toMatchObject({ id, title })
        asked++
      }
    }
    expect(asked).toBeGreaterThan(200)
    expect(answered.size).toBeGreaterThan(100)
    let gone = 0
    for (const [id, answers] of answered) {
      const there = site.expectedAnswers(id, include)
      const named = there.filter(({ author }) => (author as { url_token: string }).url_token !== '')
      gone += there.length - named.length
      expect(named.filter(({ author }) => site.expectedUser((author as Profile)['url_token'] as string) === undefined)).toEqual(
        [],
      )
      for (const answer of answers) expect(there).toContainEqual(answer)
    }
    expect(gone).toBeGreaterThan(0)

    const [id] = [...answered.keys()].sort((a, b) => site.expectedAnswers(b).length - site.expectedAnswers(a).length)
    const all = site.expectedAnswers(id!, include)
    expect(all.length).toBeGreaterThan(5)
    const read: Profile[] = []
    let url: string | undefined = `${site.api}/questions/${id}/answers?include=${encodeURIComponent(include)}&limit=5`
    while (url !== undefined) {
      const { json: page }: Answer<List> = await ask(url)
      expect(page.paging.totals).toBe(all.length)
      read.push(...page.data)
      url = page.paging.is_end ? undefined : page.paging.next
    }
    expect(read).toEqual(all)
  })

  test('of a site of one user have answers, too', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const site = await start({ users: 1, seed })
      const [question] = site.expectedWorks(site.start, 'questions', 'answer_count')
      const answers = site.expectedWorks(site.start, 'answers')
      expect(question!['answer_count']).toBeLessThanOrEqual(answers.length)
      for (const { question } of answers) expect(site.expectedAnswers((question as { id: number }).id)).not.toEqual([])
    }
  })

  test('of questions that are none are not found', async () => {
    const site = await start({ users: 20 })
    const answer = site.reachable().flatMap((token) => site.expectedWorks(token, 'answers'))[0]!
    for (const id of [answer['id'], 0, 999_999_999_999_999, '00x', '9'.repeat(40)]) {
      expect((await ask<Failure>(`${site.api}/questions/${id}/answers`)).json.error.name).toBe('NotFoundException')
    }
    expect(site.expectedAnswers(0)).toEqual([])
    const [{ id } = { id: 0 }] = site.expectedWorks(site.start, 'questions')
    expect((await ask(`${site.api}/questions/${id}/answers?limit=0`)).status).toBe(400)
    expect((await ask(`${site.api}/questions/${id}/answers`, {})).status).toBe(401)
  })
})

describe('errors', () => {
  test('are JSON: no authorization, a wrong one, nobody of that name, wrong paging, too fast, by chance', async () => {
    const site = await start({ users: 500, seed: 1 })
    const url = `${site.api}/members/${site.start}`
    const errorOf = async (of: string, headers?: Record<string, string>): Promise<[number, string, string]> => {
      const { status, json } = await ask<Failure>(of, headers)
      return [status, json.error.name, typeof json.error.message]
    }
    expect(await errorOf(url, {})).toEqual([401, 'AuthenticationInvalidRequest', 'string'])
    expect(await errorOf(url, { authorization: 'Basic eDp5' })).toEqual([403, 'ForbiddenException', 'string'])
    for (const nobody of ['None', '', 'user-000500', 'user-5', 'user-0000001', 'user-00000x', '%00'])
      expect(await errorOf(`${site.api}/members/${nobody}`)).toEqual([404, 'NotFoundException', 'string'])
    for (const paging of ['offset=-1', 'limit=0', 'offset=x', 'limit=1.5', 'offset=', 'offset=99999999999'])
      expect(await errorOf(`${url}/followers?${paging}`)).toEqual([400, 'BadRequestException', 'string'])
    expect(await errorOf(`${url}/nothing`)).toEqual([404, 'NotFoundException', 'string'])
    expect(site.expectedUser('None')).toBeUndefined()
    expect(site.expectedWorks('None', 'answers')).toEqual([])

    const strict = await start({ users: 5, rateLimits: [{ requests: 1, per: 60, by: 'all' }] })
    await ask(`${strict.api}/members/user-000000`)
    expect(await errorOf(`${strict.api}/members/user-000000`)).toEqual([429, 'TooManyRequestsException', 'string'])
    const broken = await start({ users: 5, faults: [{ kind: 'status', probability: 1, statuses: [502] }] })
    expect(await errorOf(`${broken.api}/members/user-000000`)).toEqual([502, 'InternalException', 'string'])
  })

  test('of users that are gone hold for their lists as well', async () => {
    const site = await start({ users: 500, seed: 1 })
    const tokens = Array.from({ length: 500 }, (_, user) => `user-${String(user).padStart(6, '0')}`)
    const gone = tokens.filter((token) => site.expectedUser(token) === undefined)
    expect(gone.length).toBeGreaterThan(0)
    for (const token of gone)
      for (const path of ['', '/followees', '/followers', '/answers']) {
        expect([404, 410]).toContain((await ask(`${site.api}/members/${token}${path}`)).status)
      }
  })

  test('an option that there is not is refused, before anything is made', async () => {
    for (const options of [{ user: 5 }, { next: 'v4' }, { withoutApi: 302 }, { seed: 'a' }])
      await expect(zhihuSite(options as never)).rejects.toMatchObject({ code: 'ERR_SITE_OPTION' })
  })

  test('a number of users that is none is refused', async () => {
    for (const users of [0, -1, 1.5, Number.NaN, 2 ** 31])
      await expect(zhihuSite({ users })).rejects.toMatchObject({ code: 'ERR_USERS' })
  })
})
