import { redisFrontierOptions } from '../crawl/frontier-of.ts'
import { UsageError } from '../errors.ts'
import { crawlKeys } from '../frontier/redis/redis-keys.ts'
import type { RedisFrontierOptions } from '../frontier/redis/redis-options.ts'
import { LiveTerminal } from '../log/live-terminal.ts'
import { openLog } from '../log/open-log.ts'
import type { ImportProgress, QueueOrder } from '../migrate/contract.ts'
import { type OpenTarget, openTarget } from '../migrate/open-target.ts'
import { importScrapyRedis } from '../migrate/scrapy-redis.ts'
import { openLink } from '../redis/open-link.ts'
import type { Settings } from '../settings/settings.ts'
import { grouped } from '../util/grouped.ts'
import { importText } from './import-report.ts'
import type { OperateFlags } from './operate-crawl.ts'

/** What `import` takes, as commander gives it. */
export interface ImportFlags extends OperateFlags {
  readonly requestsKey: string
  /** False: `--no-dupefilter`. */
  readonly dupefilter: boolean
  readonly dupefilterKey: string
  readonly order?: QueueOrder
  readonly dryRun?: true
  readonly delete?: true
}

/** Milliseconds between two pictures of how far it is. */
const REDRAW = 100

/**
 * Imports a scrapy-redis crawl and prints what came of it; resolves with the exit code: 0 all of it, 1 something could not be read or was changed
 * meanwhile, 130 interrupted.
 */
export async function runImport(spider: string, settings: Settings, flags: ImportFlags): Promise<number> {
  const dryRun = flags.dryRun === true
  const live = process.stderr.isTTY && process.env['TERM'] !== 'dumb' ? new LiveTerminal(process.stderr) : undefined
  const write = live?.write ?? ((text: string) => process.stderr.write(text))
  const { log, close } = openLog({ logLevel: 'warn', logFile: '', logFormat: 'text' }, { write })
  const options = redisFrontierOptions(settings, spider, log)
  const fill = (key: string): string => key.replaceAll(/%\((?:spider|name)\)s/g, spider)
  const dupefilterKey = fill(flags.dupefilterKey)
  checkFingerprints(settings, options, dupefilterKey, flags)

  const link = await openLink({ url: options.url, log, ...(options.ca === undefined ? {} : { ca: options.ca }) })
  const stop = listen(write)
  let target: OpenTarget | undefined
  try {
    const report = await importScrapyRedis({
      source: link,
      requestsKey: fill(flags.requestsKey),
      dupefilterKey: flags.dupefilter ? dupefilterKey : undefined,
      ...(flags.order === undefined ? {} : { order: flags.order }),
      crawlOrder: settings.order,
      openTarget: dryRun ? undefined : async () => (target = await openTarget(options, link)),
      deleteSource: flags.delete === true,
      signal: stop.signal,
      ...(live === undefined ? {} : { onProgress: drawn(live) }),
    })
    live?.close()
    process.stdout.write(
      flags.json === true
        ? `${JSON.stringify({ crawl: options.name, dryRun, ...report }, null, 2)}\n`
        : importText(options.name, report, { dryRun, deletion: flags.delete === true }),
    )
    if (report.interrupted) return 130
    return report.changed || report.requests.unreadable + report.fingerprints.unreadable > 0 ? 1 : 0
  } finally {
    live?.close()
    stop.close()
    await target?.close()
    await link.close()
    close()
  }
}

/** Refuses what would lose pages, or fetch all of them again. */
function checkFingerprints(settings: Settings, options: RedisFrontierOptions, dupefilterKey: string, flags: ImportFlags): void {
  if (settings.fingerprint !== 'scrapy-redis' && flags.dupefilter) {
    throw new UsageError(
      'ERR_IMPORT_FINGERPRINT',
      `The dupe filter of scrapy-redis has its fingerprints, and this crawl has fingerprint: '${settings.fingerprint}': they never agree. Set fingerprint: 'scrapy-redis', or leave it out with --no-dupefilter.`,
    )
  }
  if (settings.dedupe === 'scrapy-redis' && crawlKeys(options).all[1] === dupefilterKey) {
    throw new UsageError(
      'ERR_IMPORT_SAME_KEY',
      `This crawl has dedupe: 'scrapy-redis', and ${dupefilterKey} is the dupe filter of both: every request that waits there would count as seen here. Rename the old one (RENAME ${dupefilterKey} ${dupefilterKey}:old) and import with --dupefilter-key ${dupefilterKey}:old.`,
    )
  }
}

function drawn(live: LiveTerminal): (progress: ImportProgress) => void {
  let next = 0
  return ({ what, done, total }) => {
    const now = performance.now()
    if (now < next && done < total) return
    next = now + REDRAW
    live.draw([`${grouped(done)} of ${grouped(total)} ${what} read`])
  }
}

/** The first Ctrl-C ends the import at the next page, the second at once. */
function listen(write: (text: string) => unknown): { readonly signal: AbortSignal; close(): void } {
  const abort = new AbortController()
  const onSignal = (): void => {
    if (abort.signal.aborted) process.exit(130)
    write('skein: stopping after this page; the same command goes on from there. Press Ctrl-C again to stop at once.\n')
    abort.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signal: abort.signal,
    close() {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}
