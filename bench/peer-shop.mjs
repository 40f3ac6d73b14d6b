// The job of a peer comparison, as a user would write it: CSS selectors for the item, the link extractor for the links.
// Environment: PEER_START (root URL), PEER_OUT (JSON lines), PEER_CONCURRENCY. Prints `PEER {"pages","t0","t1"}`.
import { crawl, LinkExtractor, Spider } from '../dist/index.js'
import { withoutTracking } from './without-tracking.mjs'

const { PEER_START, PEER_OUT, PEER_CONCURRENCY } = process.env
const concurrency = Number(PEER_CONCURRENCY)
let t0 = 0
let t1 = 0
let pages = 0

class Shop extends Spider {
  startUrls = [PEER_START]
  links = new LinkExtractor({ allowDomains: new URL(PEER_START).host });

  *parse(page) {
    pages++
    t1 = Date.now() / 1000
    t0 ||= t1
    yield {
      url: page.url,
      title: page.css('title::text').get(),
      h1: page.css('h1::text').get(),
      price: page.css('span.price::text').get(),
      links: page.css('a[href]').length,
    }
    for (const link of this.links.extractLinks(page)) {
      if (!link.nofollow) yield page.follow(withoutTracking(link.url))
    }
  }
}

/** Does the job with more settings. */
export async function crawlShop(settings = {}) {
  await crawl(Shop, {
    config: {
      feeds: [{ uri: PEER_OUT, format: 'jsonl', overwrite: true }],
      concurrency,
      concurrencyPerSlot: concurrency,
      obeyRobotsTxt: false,
      logLevel: 'warn',
      ...settings,
    },
  })
  console.log(`PEER ${JSON.stringify({ pages, t0, t1 })}`)
}
