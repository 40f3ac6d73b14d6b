import { type HtmlResponse, SitemapSpider } from 'skein'

interface Section {
  url: string
  page: string
  heading: string
  text: string
}

/** Every section of a documentation site, found by its sitemap: what a search needs. */
export default class Docs extends SitemapSpider<Section> {
  static override spiderName = 'docs'
  // a robots.txt does, too: it names the sitemaps
  override sitemapUrls = [`${this.args['site'] ?? 'http://127.0.0.1:8080'}/robots.txt`]

  override *parse(page: HtmlResponse) {
    const title = textOf(page.css('h1::text').getall())
    const intro = textOf(page.xpath('//main/*[not(self::section or self::h1)]//text()').getall())
    yield { url: page.url, page: title, heading: title, text: intro }
    for (const section of page.css('main section')) {
      yield {
        url: page.urljoin(`#${section.attrib['id']}`),
        page: title,
        heading: textOf(section.css('h2::text').getall()),
        text: textOf(section.xpath('.//*[not(self::h2)]/text()').getall()),
      }
    }
  }
}

const textOf = (parts: string[]): string => parts.join(' ').replace(/\s+/g, ' ').trim()
