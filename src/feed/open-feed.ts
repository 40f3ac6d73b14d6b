import { UsageError } from '../errors.ts'
import { type Clock, systemClock } from '../util/clock.ts'
import { checkFeedOptions, checkPlace, isBatched, isLive } from './check-options.ts'
import type { Feed, FeedOptions, FeedTarget } from './contract.ts'
import { type FeedPlace, placeOf } from './feed-place.ts'
import { type FeedNames, NameTemplate } from './name-template.ts'
import { type DocumentLayout, formatFor, openDocument } from './open-document.ts'
import { selectItems } from './select-items.ts'
import { PreparedSpooledFeed } from './spool/open-spooled.ts'
import { StoredFeed } from './stored-feed.ts'
import { StreamStore } from './stores/stdout.ts'
import { FileTarget, identitiesOfFile } from './targets/file-target.ts'

/** What feeds are opened with. */
export interface FeedContext extends FeedNames {
  /** Hears what the owner of a feed should know and what does not stop the crawl: fields left out of a csv, a broken last line. */
  readonly warn?: (message: string) => void
  /** @default the machine's */
  readonly clock?: Clock
}

/** A feed that is sure to be writable and has changed nothing yet. */
interface PreparedFeed {
  readonly uri: string
  /** Two feeds that would write over each other have one in common. */
  readonly identities: readonly string[]
  open(): Promise<Feed>
  /** Changes what is to be changed before there are items. */
  begin(): Promise<void>
  abandon(): void | Promise<void>
}

/**
 * Opens a feed. What can be known to go wrong goes wrong here, before the crawl: a place that cannot be written, a document that
 * cannot be appended to. What was there is replaced (`overwrite`) at the first flush, not before.
 *
 * A plain or gzip file is a whole document after every flush, whatever happens to the process: `.json` and `.xml` end in their closing
 * bracket or tag, which the next flush overwrites; `.gz` ends in a checksum, likewise; `.jsonl` and `.csv` end in a whole line. All other
 * feeds keep what is flushed in a spool beside them, and are put in their place when they are whole.
 *
 * @throws UsageError `ERR_FEED_…`
 *
 * @example
 * const feed = await openFeed({ uri: 'books.jsonl' }, { spiderName: 'books', startTime: new Date() })
 * feed.write({ title: 'Emma' })
 * await feed.flush() // survives the death of this process
 * await feed.close()
 */
export async function openFeed(options: FeedOptions, context: FeedContext): Promise<Feed> {
  const [feed] = await openFeeds([options], context)
  return feed!
}

/**
 * Opens several feeds, or none: when one cannot be opened, or two would write to the same place, nothing has been touched.
 *
 * @throws UsageError `ERR_FEED_…`
 */
export async function openFeeds(list: readonly FeedOptions[], context: FeedContext): Promise<readonly Feed[]> {
  const prepared: PreparedFeed[] = []
  const feeds: Feed[] = []
  try {
    for (const options of list) {
      const next = await prepare(options, context)
      const twin = prepared.find(({ identities }) => identities.some((identity) => next.identities.includes(identity)))
      prepared.push(next)
      if (twin !== undefined) {
        throw new UsageError(
          'ERR_FEED_TWICE',
          `two feeds of this crawl go to the same place: "${twin.uri}" and "${next.uri}". Give each a file of its own`,
        )
      }
    }
    for (const [i, one] of prepared.entries()) feeds.push(selectItems(await one.open(), list[i]!))
    for (const one of prepared) await one.begin()
  } catch (error) {
    for (const one of prepared) await one.abandon()
    throw error
  }
  return feeds
}

async function prepare(options: FeedOptions, context: FeedContext): Promise<PreparedFeed> {
  checkFeedOptions(options)
  const place = placeOf(options, context)
  checkPlace(options, place)
  const { format, compression } = place
  // as it is told of: by its name, where it has one
  const uri = place.template.batched ? place.uri : new NameTemplate(place.uri, context).fill()
  const layout: DocumentLayout = { options: { ...options, uri }, format, gzip: false, warn: context.warn }
  if (place.kind === 'stdout') return standardOutput(layout)
  const local = place.kind === 'file'
  const live = local && format !== 'parquet' && isLive(compression) && options.place !== 'atEnd' && !isBatched(options)
  if (live) return liveFile(place, { ...layout, gzip: compression === 'gzip' })
  const target = await targetOf(place, options)
  try {
    return await PreparedSpooledFeed.prepare(place, target, layout, context.clock ?? systemClock)
  } catch (error) {
    await target.close()
    throw error
  }
}

function standardOutput(layout: DocumentLayout): PreparedFeed {
  const format = formatFor(layout)
  const feed = new StoredFeed(layout.options, layout.format, format, new StreamStore(format.end()), undefined)
  return {
    uri: '-',
    identities: ['standard output'],
    open: () => Promise.resolve(feed),
    begin: () => Promise.resolve(),
    abandon: () => feed.abandon(),
  }
}

async function liveFile(place: FeedPlace, layout: DocumentLayout): Promise<PreparedFeed> {
  const { feed, file } = await openDocument(place.template.fill(), layout)
  return {
    uri: feed.uri,
    identities: file.identity === undefined ? [] : identitiesOfFile(file.path),
    open: () => Promise.resolve(feed),
    begin: () => (file.created ? feed.begin() : Promise.resolve()),
    abandon: () => feed.abandon(),
  }
}

/** Heavy places are loaded when a feed goes there. */
async function targetOf(place: FeedPlace, { s3 }: FeedOptions): Promise<FeedTarget> {
  switch (place.kind) {
    case 'ftp': {
      const { FtpTarget } = await import('./targets/ftp-target.ts')
      return FtpTarget.open(place.server)
    }
    case 's3': {
      const { openObjectStore } = await import('../storage/open-object-store.ts')
      const { ObjectTarget } = await import('./targets/object-target.ts')
      return new ObjectTarget(await openObjectStore(place.server, s3))
    }
    default:
      return new FileTarget()
  }
}
