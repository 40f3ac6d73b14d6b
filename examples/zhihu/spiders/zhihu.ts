import { CloseSpider, type JsonResponse, type Request, type Response, Spider, UsageError } from 'skein'
import type { Post, User } from '../items.ts'
import { LIST_QUERY, USER_QUERY } from '../queries.ts'

/** The lists that a user has: whom they follow, who follows them, and what they wrote. */
const LISTS = ['followees', 'followers', 'answers', 'questions', 'articles'] as const
type List = (typeof LISTS)[number]

interface ListPage {
  readonly data: readonly ({ readonly type: Post['type'] } | { readonly type: 'people'; readonly url_token: string | null })[]
  readonly paging: { readonly is_end: boolean }
}

const PER_PAGE = 20

/**
 * Every user of zhihu.com that can be reached from one through followees and followers, each of them once.
 *
 * `-a user=TOKEN` where to begin · `-a posts=answers,questions,articles` what they wrote besides · `-a api=URL` another address of the API.
 */
export default class Zhihu extends Spider<User | Post> {
  static override spiderName = 'zhihu'

  readonly #api = this.args['api'] ?? 'https://www.zhihu.com/api/v4'
  readonly #lists = ['followees', 'followers', ...(this.args['posts']?.split(',') ?? [])].map(listNamed)

  override *start() {
    yield this.#user(this.args['user'] ?? 'excited-vczh')
  }

  async *parseUser(page: Response): AsyncGenerator<User | Request | undefined> {
    const user = await this.#read<User>(page)
    if (user === undefined) return yield* this.#withoutAnswer(page)
    yield user
    for (const list of this.#lists) yield this.#page(user.url_token, list, 0)
  }

  async *parseList(page: Response, { token, list, offset }: { token: string; list: List; offset: number }) {
    const answer = await this.#read<ListPage>(page)
    if (answer === undefined) return yield* this.#withoutAnswer(page)
    for (const entry of answer.data) {
      if (entry.type !== 'people') yield { ...entry, author_token: token } as Post
      // whoever has left is still in the list, without a name
      else if (entry.url_token) yield this.#user(entry.url_token)
    }
    // not by `paging.next`: it has been http, without /api/v4, and on another host
    if (!answer.paging.is_end) yield this.#page(token, list, offset + PER_PAGE)
  }

  #user(token: string): Request {
    return this.request(`${this.#api}/members/${token}?include=${USER_QUERY}`, { callback: this.parseUser, ...ANY_ANSWER })
  }

  #page(token: string, list: List, offset: number): Request {
    const url = `${this.#api}/members/${token}/${list}?include=${LIST_QUERY}&offset=${offset}&limit=${PER_PAGE}`
    return this.request(url, { callback: this.parseList, cbArgs: { token, list, offset }, ...ANY_ANSWER })
  }

  /** What the site says; undefined where it is to be asked once more. */
  async #read<T>(page: Response): Promise<T | undefined> {
    try {
      if (page.status === 200) return (page as JsonResponse).json<T>()
      // it takes us for a robot until we have been to its page, which leaves a cookie
      if (page.status === 302) await this.download(page.urljoin(page.headers.get('location') ?? ''))
    } catch (error) {
      this.log.debug('an answer that is none', { url: page.url, error })
    }
    return undefined
  }

  *#withoutAnswer(page: Response): Generator<Request | undefined> {
    // who has left is left out
    if (page.status === 404 || page.status === 410) return this.stats.inc('zhihu/gone_count')
    yield this.retry(page.request, `an answer with status ${page.status}`)
    // for every page that follows, too
    if (page.status === 401) {
      this.log.error('The site wants another token: set ZHIHU_AUTHORIZATION, and the same command goes on from here')
      throw new CloseSpider('unauthorized')
    }
  }
}

/** Answers that are for the spider to judge: 302 to the page for robots, 401 for a token that is not good (any more), 404 and 410 for who has left. */
const ANY_ANSWER = { handleStatus: [302, 401, 404, 410] }

function listNamed(name: string): List {
  const list = LISTS.find((known) => known === name)
  if (list === undefined) throw new UsageError('ERR_POSTS', `-a posts=${name}: there are answers, questions and articles`)
  return list
}
