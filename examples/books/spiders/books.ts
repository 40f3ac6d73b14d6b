import { type HtmlResponse, Spider } from 'skein'

interface Book {
  url: string
  title: string | undefined
  price: number
  inStock: boolean
  stars: number
}

/** Every book of a shop: its categories, their pages, and each book once, however many links lead to it. */
export default class Books extends Spider<Book> {
  static override spiderName = 'books'
  override startUrls = [this.args['site'] ?? 'http://127.0.0.1:8000/']
  override allowedDomains = ['127.0.0.1']

  override *parse(page: HtmlResponse) {
    yield* page.followAll('nav a, .next a, p a')
    yield* page.followAll('a.book', { callback: this.parseBook })
  }

  *parseBook(page: HtmlResponse): Iterable<Book | ReturnType<HtmlResponse['follow']>> {
    yield {
      url: page.url,
      title: page.css('h1::text').get(),
      price: Number(page.css('.price').reFirst(/[\d.]+/) ?? Number.NaN),
      inStock: page.css('.stock').reFirst('In stock') !== undefined,
      stars: Number(page.css('.rating::attr(data-stars)').get()),
    }
    yield* page.followAll('a.book', { callback: this.parseBook })
  }
}
