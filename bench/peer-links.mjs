// As peer-css.mjs, but nothing is taken from a page except its links: the scanner finds them, and no tree is built.
// It writes the URL of each page and null for the other fields, so a comparison of those fails.
import { crawl, LinkExtractor, Spider } from '../dist/index.js'
import { withoutTracking } from './without-tracking.mjs'

const { PEER_START, PEER_OUT, PEER_CONCURRENCY } = process.env
const concurrency = Number(PEER_CONCURRENCY)
let t0 = 0
let t1 = 0
let pages = 0

class Links extends Spider {
  startUrls = [PEER_START]
  links = new LinkExtractor({ allowDomains: new URL(PEER_START).host });

  *parse(page) {
    pages++
    t1 = Date.now() / 1000
    t0 ||= t1
    yield { url: page.url, title: null, h1: null, price: null, links: null }
    for (const link of this.links.extractLinks(page)) {
      if (!link.nofollow) yield page.follow(withoutTracking(link.url))
    }
  }
}

await crawl(Links, {
  config: {
    feeds: [{ uri: PEER_OUT, format: 'jsonl', overwrite: true }],
    concurrency,
    concurrencyPerSlot: concurrency,
    obeyRobotsTxt: false,
    logLevel: 'warn',
  },
})
console.log(`PEER ${JSON.stringify({ pages, t0, t1 })}`)
