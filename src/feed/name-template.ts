import { hostname } from 'node:os'
import { UsageError } from '../errors.ts'

/** What the placeholders in the name of a feed stand for. */
export interface FeedNames {
  readonly spiderName: string
  /** When the crawl began. */
  readonly startTime: Date
}

/** One batch of a feed. */
export interface BatchNames {
  /** From 1. */
  readonly id: number
  readonly time: Date
}

const PLACEHOLDER = /%\((\w*)\)(0\d+)?([sd])/g
const KNOWN = '%(name)s, %(time)s, %(host)s, %(pid)s, %(batch_id)d and %(batch_time)s'

/** The name of a feed with its placeholders. The text may be a path or a key; what is put in makes no folders in it. */
export class NameTemplate {
  /** Names a batch by its number or its time. */
  readonly batched: boolean
  readonly numbered: boolean
  /** Two runs, or two processes, never come to the same name. */
  readonly perRun: boolean
  readonly #text: string
  readonly #spiderName: string
  readonly #startTime: Date

  /** @throws UsageError `ERR_FEED_URI` for a placeholder that there is not */
  constructor(text: string, { spiderName, startTime }: FeedNames) {
    this.#text = text
    this.#spiderName = spiderName.replace(/[/\\]/g, '_')
    this.#startTime = startTime
    const found = [...text.matchAll(PLACEHOLDER)]
    for (const [whole, name] of found) {
      const right = name === 'batch_id' ? true : /^%\((name|time|host|pid|batch_time)\)s$/.test(whole)
      if (!right) throw new UsageError('ERR_FEED_URI', `the feed "${text}" has ${whole} in its name; there are ${KNOWN}`)
    }
    const has = (name: string): boolean => found.some(([, word]) => word === name)
    this.numbered = has('batch_id')
    this.batched = this.numbered || has('batch_time')
    this.perRun = has('time') || has('batch_time') || has('pid')
  }

  /** The name of a batch; without one, of a feed that has none. */
  fill(batch?: BatchNames): string {
    return batch === undefined ? this.#filled('', '') : this.#filled(`${batch.id}`, stamp(batch.time))
  }

  #filled(batchId: string, batchTime: string): string {
    return this.#text.replace(PLACEHOLDER, (_whole, name: string, width: string | undefined) => {
      switch (name) {
        case 'name':
          return this.#spiderName
        case 'time':
          return stamp(this.#startTime).replace(/\.\d+/, '')
        case 'host':
          return hostname()
        case 'pid':
          return `${process.pid}`
        case 'batch_time':
          return batchTime
        default:
          return batchId.padStart(Number(width ?? 0), '0')
      }
    })
  }

  /**
   * What names of this feed look like, of any run or of this one, part for part of the path: a text, or an expression whose group `id` is
   * the number of the batch.
   */
  patterns(run: 'any' | 'this'): readonly (string | RegExp)[] {
    const text = run === 'any' ? this.#text : this.#filled('%(batch_id)d', '%(batch_time)s')
    return text.split('/').map((part) => {
      const pieces = part.split(/(%\(\w*\)(?:0\d+)?[sd])/)
      if (pieces.length === 1) return part
      let numbered = false
      const source = pieces.map((piece) => {
        const name = /^%\((\w*)\)(?:0\d+)?[sd]$/.exec(piece)?.[1]
        if (name === undefined) return escaped(piece)
        if (name === 'name') return escaped(this.#spiderName)
        if (name !== 'batch_id') return '[^/]+'
        if (numbered) return '\\d+'
        numbered = true
        return '(?<id>\\d+)'
      })
      return new RegExp(`^${source.join('')}$`)
    })
  }
}

/** Scrapy's form; colons are not allowed in file names everywhere. */
function stamp(time: Date): string {
  return time.toISOString().replace('Z', '+00-00').replaceAll(':', '-')
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
