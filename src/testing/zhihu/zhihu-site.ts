import { UsageError } from '../../errors.ts'
import { checkOptions } from '../check-options.ts'
import type { FakeSite, FakeSiteOptions, SiteAnswer, SiteRequest } from '../contract.ts'
import { fakeSite } from '../fake-site.ts'
import { EntryTexts } from './entry-texts.ts'
import { parseInclude } from './include.ts'
import { MAX_LIMIT, type NextStyle, type Page, pageOf, paging } from './paging.ts'
import { type Profile, profileOf, tokenOf } from './profile.ts'
import { USER_QUERY } from './queries.ts'
import { Reach } from './reach.ts'
import { shifted } from './shifted.ts'
import { type Follows, SocialGraph } from './social-graph.ts'
import type { Works } from './user-facts.ts'
import { AllWorks } from './works.ts'

/** How a look-alike of Zhihu differs; latency, limits and faults are those of every fake site. */
export interface ZhihuSiteOptions extends Omit<FakeSiteOptions, 'errorPage'> {
  /** @default 1000 */
  readonly users?: number
  /** What users, their graph and all faults follow from. @default 0 */
  readonly seed?: number
  /** What `paging.next` and `paging.previous` look like. @default 'v3' */
  readonly next?: NextStyle
  /** What answers the links of `v2`, which lack `/api/v4`: a redirect to what they mean, or nothing. @default 404 */
  readonly withoutApi?: 301 | 404
  /**
   * Lists move while they are read: with each further page, and each further attempt at one, all entries but some go one place down, so that a
   * crawl sees some twice and others never. Those by which users are found stay: all of them can still be reached. @default false
   */
  readonly shiftingLists?: boolean
  /** What links begin with; a client must find its way there. @default `http://` and what the client calls the host */
  readonly origin?: string
}

/** What a crawl of the whole site comes to. */
export interface ZhihuExpectation {
  /** Users that can be reached and whose profile there is: so many are to be stored. */
  readonly users: number
  /** Users that are named and whose profile is answered with 404 or 410. */
  readonly gone: number
  /** Different URLs that are asked for: each profile, and all pages of both lists of all users there are, by 20; robots.txt is not among them. */
  readonly requests: number
}

/** A look-alike of Zhihu's API that is open. */
export interface ZhihuSite extends FakeSite {
  /** `http://127.0.0.1:port/api/v4` */
  readonly api: string
  /** The token of the user from whom all others are found. */
  readonly start: string
  readonly expected: ZhihuExpectation
  /** The tokens of all users that can be reached and are there. */
  reachable(): string[]
  /** The JSON of a profile, as the site answers it for this `include`; undefined for who is not there. @default USER_QUERY */
  expectedUser(token: string, include?: string): Profile | undefined
  /** All that a user has written, as the pages of the list give it together. */
  expectedWorks(token: string, kind: Works, include?: string): Profile[]
  /** All answers to a question, as the pages of the list give them together; empty where there is no such question. */
  expectedAnswers(question: number, include?: string): Profile[]
}

/** Edges are counted in 32 bits. */
const MAX_USERS = 100_000_000
const PATH = /^\/api\/v4\/members\/([^/]*)(?:\/(followees|followers|answers|questions|articles))?$/
const QUESTION_PATH = /^\/api\/v4\/questions\/(\d{1,15})\/answers$/
const NAMES: Readonly<Record<number, string>> = {
  400: 'BadRequestException',
  401: 'AuthenticationInvalidRequest',
  403: 'ForbiddenException',
  404: 'NotFoundException',
  410: 'GoneException',
  429: 'TooManyRequestsException',
}

/**
 * Opens a look-alike of the API of zhihu.com: `/api/v4/members/:token`, `/followees` and `/followers`, `/answers`, `/questions` and `/articles`, and
 * `/api/v4/questions/:id/answers`, with the quirks that spiders of it have to live with: users without a token, users that are gone, `include`, pages of 20, links of three ages, errors as
 * JSON, 401 for who sends no `authorization`.
 *
 * Users and who follows whom follow from `seed` and `users`; who can be reached from `start`, and with how many requests, is computed
 * before the site opens. A million users take 300 MB and a few seconds.
 *
 * @example
 * const site = await zhihuSite({ users: 500, rateLimits: [{ requests: 200, by: 'all' }], shiftingLists: true })
 * const { items } = await testCrawl(Zhihu, { args: { api: site.api, user: site.start } })
 * // items.length === site.expected.users, and each equals site.expectedUser(item.url_token)
 */
export async function zhihuSite(options: ZhihuSiteOptions = {}): Promise<ZhihuSite> {
  const { users = 1000, seed = 0, next = 'v3', withoutApi = 404, shiftingLists = false, origin, ...rest } = options
  if (!Number.isInteger(users) || users < 1 || users > MAX_USERS) {
    throw new UsageError('ERR_USERS', `Expected a look-alike to have 1 to ${MAX_USERS.toLocaleString('en')} users, got ${users}.`)
  }
  if (!['v1', 'v2', 'v3'].includes(next)) throw wrongOption('next', 'v1, v2 or v3', next)
  if (withoutApi !== 301 && withoutApi !== 404) throw wrongOption('withoutApi', '301 or 404', withoutApi)
  checkOptions({ ...rest, seed })
  const graph = new SocialGraph(users, seed)
  const entries = new EntryTexts(graph)
  const reach = new Reach(graph)
  const works = new AllWorks(graph)

  function answer(request: SiteRequest): SiteAnswer {
    const member = PATH.exec(request.path)
    const question = QUESTION_PATH.exec(request.path)
    if (member === null && question === null) return withoutApiAnswer(request)
    const { authorization } = request.headers
    if (authorization === undefined) return error(401, 'ERR_LOGIN_TICKET_EXPIRED')
    if (!/^(?:oauth|bearer) /i.test(authorization)) return error(403, '请求参数异常,请升级客户端后重试')
    return question === null ? answerOfMember(member![1]!, member![2], request) : answersOf(Number(question[1]), request)
  }

  function answerOfMember(token: string, kind: string | undefined, request: SiteRequest): SiteAnswer {
    const user = userOf(token)
    const status = user === undefined ? 404 : graph.statuses[user]!
    if (user === undefined || status !== 200) return error(status, status === 410 ? '该用户已注销' : '用户不存在')
    if (kind === undefined) return { json: profileOf(graph, user, parseInclude(request.query.get('include'))) }
    const page = pageOf(request)
    if (page === undefined) return error(400, 'offset, limit')
    const path = `/members/${token}/${kind}`
    if (kind === 'followees' || kind === 'followers') {
      return list(request, page, path, graph.count(user, kind), `[${entriesOf(user, kind, page, request).join()}]`)
    }
    const { offset, limit, include } = page
    const some = works.ofUser(user, kind as Works, offset, offset + limit, parseInclude(include))
    return list(request, page, path, works.count(user, kind as Works), JSON.stringify(some))
  }

  function answersOf(id: number, request: SiteRequest): SiteAnswer {
    const question = works.question(id)
    if (question === undefined) return error(404, '问题不存在')
    const page = pageOf(request)
    if (page === undefined) return error(400, 'offset, limit')
    const { offset, limit, include } = page
    const some = works.answersTo(question, offset, offset + limit, parseInclude(include))
    return list(request, page, `/questions/${id}/answers`, works.answerCount(question), JSON.stringify(some))
  }

  function list({ headers }: SiteRequest, page: Page, path: string, totals: number, data: string): SiteAnswer {
    const links = paging(page, totals, path, origin ?? `http://${headers.host ?? ''}`, next)
    return { text: `{"paging":${JSON.stringify(links)},"data":${data}}`, headers: { 'content-type': 'application/json' } }
  }

  function withoutApiAnswer({ path, url }: SiteRequest): SiteAnswer {
    if (withoutApi === 301 && /^\/(?:members|questions)\//.test(path))
      return { status: 301, headers: { location: `/api/v4${url}` } }
    return error(404, '资源不存在')
  }

  /** The entries of a page of one of the two lists, each as JSON. */
  function entriesOf(user: number, kind: Follows, page: Page, { attempt }: SiteRequest): string[] {
    const { offset, limit } = page
    const include = parseInclude(page.include)
    const still = graph.list(user, kind)
    const now = shiftingLists ? shifted(still, Math.floor(offset / limit) + attempt - 1, user, kind, reach) : still
    return Array.from(now.subarray(offset, offset + limit), (other) => {
      const token = graph.entryToken(user, kind, other)
      return token === 'token' ? entries.of(other, include) : entries.without(token === 'null' ? null : '', other, include)
    })
  }

  /** Undefined for what is no token of a user. */
  function userOf(token: string): number | undefined {
    const user = Number(/^user-(\d{6,})$/.exec(token)?.[1] ?? Number.NaN)
    return user < users && tokenOf(user) === token ? user : undefined
  }

  const site = await fakeSite(answer, { ...rest, seed, errorPage: error })
  return {
    ...site,
    api: `${site.url}/api/v4`,
    start: tokenOf(0),
    expected: { users: reach.users.length, gone: reach.gone.length, requests: requestsOf(graph, reach) },
    reachable: () => Array.from(reach.users, tokenOf),
    expectedUser(token, include = USER_QUERY) {
      const user = userOf(token)
      if (user === undefined || graph.statuses[user] !== 200) return undefined
      return profileOf(graph, user, parseInclude(include))
    },
    expectedWorks(token, kind, include = '') {
      const user = userOf(token)
      if (user === undefined || graph.statuses[user] !== 200) return []
      return works.ofUser(user, kind, 0, Number.POSITIVE_INFINITY, parseInclude(include))
    },
    expectedAnswers(id, include = '') {
      const question = works.question(id)
      return question === undefined ? [] : works.answersTo(question, 0, Number.POSITIVE_INFINITY, parseInclude(include))
    },
  }
}

function wrongOption(name: string, expected: string, got: unknown): UsageError {
  return new UsageError('ERR_SITE_OPTION', `Expected \`${name}\` of a look-alike to be ${expected}, got ${String(got)}.`)
}

/** As the API says what is wrong. */
function error(status: number, message: string): SiteAnswer {
  return { status, json: { error: { code: status * 10, name: NAMES[status] ?? 'InternalException', message } } }
}

function requestsOf(graph: SocialGraph, reach: Reach): number {
  let requests = reach.gone.length
  for (const user of reach.users) {
    requests += 1
    // the first page of an empty list is asked for as well
    for (const kind of ['followees', 'followers'] as const)
      requests += Math.max(1, Math.ceil(graph.count(user, kind) / MAX_LIMIT))
  }
  return requests
}
