import { CrawlSpider, type HtmlResponse } from 'skein'

interface Book {
  url: string
  title: string | undefined
  price: number
  inStock: boolean
  stars: number
  image_urls: string[]
}

/** Every book of a shop, with its cover: two rules say where the shelves are and what a book is. */
export default class Books extends CrawlSpider<Book> {
  static override spiderName = 'books'
  override startUrls = [this.args['site'] ?? 'http://127.0.0.1:8000/']
  override allowedDomains = ['127.0.0.1']

  override rules = [
    { extract: { allow: '/book/' }, callback: this.parseBook, follow: true },
    { extract: { allow: ['/category/', '/bestsellers', '/gone'] } },
  ]

  parseBook(page: HtmlResponse): Book {
    return {
      url: page.url,
      title: page.css('h1::text').get(),
      price: Number(page.css('.price').reFirst(/[\d.]+/) ?? Number.NaN),
      inStock: page.css('.stock').reFirst('In stock') !== undefined,
      stars: Number(page.css('.rating::attr(data-stars)').get()),
      image_urls: page
        .css('img.cover::attr(src)')
        .getall()
        .map((src) => page.urljoin(src)),
    }
  }
}
