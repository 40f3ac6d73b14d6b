import { UsageError } from '../../errors.ts'
import { keyOfTemplate } from '../../redis/key-of-template.ts'

/** The keys of one crawl. All of its own begin with `prefix`; in a Cluster they are in one hash slot. */
export interface CrawlKeys {
  /** `{name}:` */
  readonly prefix: string
  /** What every script gets: the crawl's own hash, scrapy-redis' dupe filter, the seeds, the items. */
  readonly all: readonly [crawl: string, dupefilter: string, startUrls: string, items: string]
  /** The channel on which workers are woken. */
  readonly wake: string
}

/** How the keys of a crawl are chosen. */
export interface CrawlKeyOptions {
  readonly url: string
  /** The crawl: `<spider>` or `<spider>.<job>`. */
  readonly name: string
  /** Templates of the keys that are shared with others; `%(spider)s` and `%(name)s` stand for the name of the crawl. */
  readonly keys: { readonly startUrls: string; readonly items: string; readonly dupefilter: string }
}

/** Names the keys of a crawl. Throws `ERR_REDIS_KEY` for a name or template that cannot be used. */
export function crawlKeys({ url, name, keys }: CrawlKeyOptions): CrawlKeys {
  if (!/^[^{}\0-\x1f\x7f]+$/.test(name)) {
    throw new UsageError(
      'ERR_REDIS_KEY',
      `A crawl cannot be called ${JSON.stringify(name)}: expected a name without braces and line breaks.`,
    )
  }
  const tag = `{${name}}`
  const cluster = /^rediss?\+cluster:/.test(url)
  const fill = (template: string): string => {
    const key = keyOfTemplate(template, name, cluster)
    if (key === '' || (cluster && !key.includes(tag))) {
      throw new UsageError(
        'ERR_REDIS_KEY',
        `The key ${JSON.stringify(key)} cannot be used: ${key === '' ? 'it is empty' : `in a Cluster it must contain ${tag}, so that it is on the node of the crawl`}.`,
      )
    }
    return key
  }
  return {
    prefix: `${tag}:`,
    all: [`${tag}:crawl`, fill(keys.dupefilter), fill(keys.startUrls), fill(keys.items)],
    wake: `${tag}:wake`,
  }
}

/** A slot's name as it stands in keys and entries: without tabs and line breaks, which separate things there. */
export function encodeSlot(name: string): string {
  return /[\0-\x20\x7f%]/.test(name) ? encodeURIComponent(name).replaceAll('%3A', ':') : name
}

/** What `encodeSlot` was given. */
export function decodeSlot(text: string): string {
  return text.includes('%') ? decodeURIComponent(text) : text
}
