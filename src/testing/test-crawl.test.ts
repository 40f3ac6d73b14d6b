import { afterEach, describe, expect, test } from 'vitest'
import { DropItem } from '../errors.ts'
import type { HtmlResponse } from '../http/html-response.ts'
import type { JsonResponse } from '../http/json-response.ts'
import type { Request } from '../http/request.ts'
import type { Response } from '../http/response.ts'
import type { Output } from '../spider/output.ts'
import { Spider } from '../spider/spider.ts'
import { callbackOutputs } from './callback-outputs.ts'
import type { FakeSite } from './contract.ts'
import { fakeSite } from './fake-site.ts'
import { testCrawl } from './test-crawl.ts'
import { LIST_QUERY, USER_QUERY } from './zhihu/queries.ts'
import { zhihuSite } from './zhihu/zhihu-site.ts'

const open: FakeSite[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((site) => site.close()))
})
const opened = <S extends FakeSite>(site: S): S => {
  open.push(site)
  return site
}

interface Book {
  title: string | undefined
  price?: number
}

class Books extends Spider<Book> {
  static override settings = { delay: 60 }
  override startUrls = [`${this.args['site']}/`]

  override *parse(page: HtmlResponse): Iterable<Output<Book>> {
    yield* page.followAll('a', { callback: this.parseBook, cbArgs: { price: 5 } })
  }

  *parseBook(page: HtmlResponse, { price }: { price: number }): Iterable<Output<Book>> {
    yield { title: page.css('h1::text').get(), price }
    yield page.follow('/', { callback: this.parse })
  }

  async parseLater(page: HtmlResponse): Promise<Book> {
    return Promise.resolve({ title: page.css('h1::text').get() })
  }

  *wrong(): Iterable<Output<Book>> {
    yield 'Emma' as never
  }

  *lost(page: HtmlResponse): Iterable<Output<Book>> {
    yield page.follow('/', { callback: 'parseBok' })
  }

  *told(page: Response): Iterable<Output<Book>> {
    this.stats.inc('books/told')
    const once_more = this.retry(page.request)
    if (once_more === undefined) yield { title: page.url }
  }
}

describe('testCrawl', () => {
  test('gives items, ends and lines, in a hurry', async () => {
    const site = opened(
      await fakeSite({
        '/': '<a href=/book/1>1</a><a href=/book/2>2</a><a href=/gone>3</a>',
        '/book/:id': ({ params }) => `<h1>${params['id']}</h1>`,
      }),
    )
    const { items, ends, lines, reason, ok, stats } = await testCrawl(Books, { args: { site: site.url } })
    expect([reason, ok, stats['item_scraped_count']]).toEqual(['finished', true, 2])
    expect(items.toSorted((a, b) => a.title!.localeCompare(b.title!))).toEqual([
      { title: '1', price: 5 },
      { title: '2', price: 5 },
    ])
    expect(ends.map(({ url, reason: end }) => `${url.slice(site.url.length)} ${end}`).sort()).toEqual([
      ...['/ done', '/ duplicate', '/ duplicate', '/book/1 done', '/book/2 done', '/gone http-error'],
    ])
    expect(lines.some(({ level, message }) => level === 'info' && /closed \(finished\)/.test(message))).toBe(true)
    // robots.txt is not asked for
    expect(site.hits()).toEqual({ '/': 1, '/book/1': 1, '/book/2': 1, '/gone': 1 })
  })

  test('lets the config win, and keeps its extensions and pipelines', async () => {
    const site = opened(await fakeSite({ '/': '<a href=/a>1</a><a href=/b>2</a>', '/a': '<h1>A</h1>', '/b': '<h1>B</h1>' }))
    let opens = 0
    const { items } = await testCrawl(Books, {
      args: { site: site.url },
      config: {
        obeyRobotsTxt: true,
        extensions: [{ name: 'mine', open: () => void opens++ }],
        pipelines: [
          {
            name: 'no-a',
            process(book: Book) {
              if (book.title === 'A') throw new DropItem('not A')
              return book
            },
          },
        ],
      },
    })
    expect(items).toEqual([{ title: 'B', price: 5 }])
    expect([opens, site.hits()['/robots.txt']]).toEqual([1, 1])
  })
})

describe('callbackOutputs', () => {
  const page = { url: 'https://books.example/book/1', body: '<h1>Emma</h1>' }

  test('runs a generator, and an async function, on HTML', async () => {
    const { items, requests } = await callbackOutputs(new Books(), 'parseBook', { ...page, args: { price: 7 } })
    expect(items).toEqual([{ title: 'Emma', price: 7 }])
    expect(requests.map(({ url, callback }) => [url, callback])).toEqual([['https://books.example/', 'parse']])
    expect(await callbackOutputs(new Books(), 'parseLater', page)).toEqual({ items: [{ title: 'Emma' }], requests: [] })
  })

  test('rejects for what a crawl would complain of', async () => {
    const run = (callback: string) => callbackOutputs(new Books(), callback, page)
    await expect(run('parseBok')).rejects.toMatchObject({ code: 'ERR_CALLBACK' })
    await expect(run('lost')).rejects.toMatchObject({ code: 'ERR_CALLBACK' })
    await expect(run('wrong')).rejects.toMatchObject({ code: 'ERR_ITEM' })
  })

  test('leaves the stats of the spider to be looked at', async () => {
    const spider = new Books()
    expect((await callbackOutputs(spider, 'told', page)).items).toEqual([{ title: page.url }])
    expect(spider.stats.flat()['books/told']).toBe(1)
  })
})

interface User {
  url_token: string
}

/** As one would write it for the real site, with what it does against crawls. */
class Zhihu extends Spider<User> {
  static override settings = { defaultHeaders: { Authorization: 'oauth test' } }

  override *start() {
    yield this.user(this.args['user']!)
  }

  user(token: string): Request {
    return this.request(`${this.args['api']}/members/${token}?include=${encodeURIComponent(USER_QUERY)}`, {
      callback: 'parseUser',
    })
  }

  *parseUser(page: Response): Iterable<Output<User>> {
    const user = this.read<User>(page)
    if (user === undefined) return yield this.again(page)
    yield user
    for (const kind of ['followees', 'followers']) {
      const list = `${this.args['api']}/members/${user.url_token}/${kind}?include=${encodeURIComponent(LIST_QUERY)}&offset=0&limit=20`
      yield page.follow(list, { callback: this.parseList })
    }
  }

  *parseList(page: Response): Iterable<Output<User>> {
    const list = this.read<{ data: User[]; paging: { is_end: boolean; next: string } }>(page)
    if (list === undefined) return yield this.again(page)
    for (const { url_token } of list.data) if (url_token) yield this.user(url_token)
    if (!list.paging.is_end) yield page.follow(list.paging.next, { callback: this.parseList })
  }

  read<T>(page: Response): T | undefined {
    try {
      return page.url.includes('/unhuman') ? undefined : (page as JsonResponse).json<T>()
    } catch {
      return undefined
    }
  }

  again(page: Response): Request | undefined {
    const next = new URL(page.url).searchParams.get('next')
    if (next === null) return this.retry(page.request, 'half a JSON')
    // the page has set the cookie
    return page.follow(next, { callback: page.request.callback!, dontFilter: true })
  }
}

test.each([
  [{ site: 'http://shop.example' }, 'Arguments of the spider are in `args`'],
  [{ arg: {} }, 'Did you mean `args`?'],
])('what is no option of a crawl is refused: %j', async (options, message) => {
  await expect(testCrawl(Books, options as never)).rejects.toMatchObject({
    code: 'ERR_CRAWL_OPTION',
    message: expect.stringContaining(message),
  })
})

test.each([[undefined], [new Books()]])('what is no class of a spider is refused: %o', async (spider) => {
  await expect(testCrawl(spider as never)).rejects.toMatchObject({ code: 'ERR_CRAWL_OPTION' })
})

describe('a crawl of the look-alike', () => {
  test('with every fault, a captcha and lists that shift stores exactly who is expected, field by field', {
    timeout: 60_000,
  }, async () => {
    const kinds = ['status', 'reset', 'truncated-body', 'truncated-json'] as const
    const site = opened(
      await zhihuSite({
        users: 120,
        seed: 11,
        shiftingLists: true,
        next: 'v2',
        withoutApi: 301,
        faults: [
          ...kinds.map((kind) => ({ kind, probability: 0.02 })),
          { kind: 'slow-body', probability: 0.02, seconds: 0.05 },
          { kind: 'captcha', probability: 0.1, page: '/unhuman' },
        ],
      }),
    )
    const { items, ok, counts } = await testCrawl(Zhihu, {
      args: { api: site.api, user: site.start },
      config: { easeOff: false },
    })
    expect(ok).toBe(true)
    expect(counts).toMatchObject({ queued: 0, leased: 0 })
    expect(items.map(({ url_token }) => url_token).sort()).toEqual(site.reachable().sort())
    for (const item of items) expect(item).toEqual(site.expectedUser(item.url_token))
    for (const kind of [...kinds, 'slow-body', 'captcha']) expect(site.stats().faults[kind]).toBeGreaterThan(0)
  })
})
