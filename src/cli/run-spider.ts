import { flattenConfig, type ResolvedConfig, resolveConfig } from '../crawl/config.ts'
import type { Config } from '../crawl/contract.ts'
import { type CrawlResult, crawl } from '../crawl/crawl.ts'
import type { FoundSpider, Project } from '../crawl/load-project.ts'
import { UsageError } from '../errors.ts'
import { progress } from '../extensions/progress.ts'
import type { FeedOptions } from '../feed/contract.ts'
import type { Logger } from '../log/contract.ts'
import { LiveTerminal } from '../log/live-terminal.ts'
import { openLog, wantsColors } from '../log/open-log.ts'
import { environmentLayer } from '../settings/environment.ts'
import type { Settings } from '../settings/settings.ts'
import { type CrawlFlags, feedsLayer, pairs, settingsLayer } from './crawl-options.ts'
import { listenForStop } from './listen-for-stop.ts'
import { openStatsFile } from './stats-file.ts'
import { summary } from './summary.ts'

/** Runs one spider as the command line says, to its summary; resolves with the exit code. */
export async function runSpider(project: Project, found: FoundSpider, flags: CrawlFlags): Promise<number> {
  const environment = environmentLayer(process.env)
  const resolved = resolveConfig([
    { name: project.configFile ?? 'no config', config: project.config },
    { name: `the spider ${found.name}`, config: found.spider.settings ?? {} },
    { name: environment.name, config: environment.values, text: true },
    await feedsLayer(flags),
    settingsLayer(flags),
  ])
  const { settings } = resolved
  checkKept(settings, flags)
  const args = pairs(flags.arg, '-a name=value')
  const writeStats = flags.stats === undefined ? undefined : openStatsFile(flags.stats)

  const live = canDrawOn(process.stderr, resolved.feeds) ? new LiveTerminal(process.stderr) : undefined
  const write = live?.write ?? ((text: string) => process.stderr.write(text))
  const { log, close } = openLog(settings, { write, colors: wantsColors(process.stderr) })
  // told as it is, over several lines, which the log would fold into one
  for (const problem of project.problems) write(`skein: ${problem}\n`)
  const stop = listenForStop((message) => write(`skein: ${message}\n`), settings.shutdownGrace)
  const watch = watchForStrays(log, stop.begin)
  let result: CrawlResult | undefined
  try {
    const config = { ...flattenConfig(resolved), ...(live === undefined ? {} : withProgress(live, resolved)) }
    result = await crawl(found.spider, { config, args, log, signal: stop.signal, force: stop.force })
  } finally {
    watch.close()
    stop.close()
    live?.close()
    close()
    writeStats?.(result?.stats ?? { finish_reason: 'not_started' })
  }
  process.stderr.write(
    summary(found.name, result, settings, { columns: process.stderr.columns ?? 100, colors: wantsColors(process.stderr) }),
  )
  if (stop.force.aborted) return 130
  return result.ok && !watch.sawException ? 0 : 1
}

/** What was asked for on the command line and only a crawl in Redis, or one that is kept, can do is not left out in silence. */
function checkKept({ redis, jobDir }: Settings, { job, persist, keepAlive }: CrawlFlags): void {
  if (redis !== '') return
  const option =
    job !== undefined
      ? '--job'
      : keepAlive === true
        ? '--keep-alive'
        : persist === true && jobDir === ''
          ? '--persist'
          : undefined
  if (option === undefined) return
  const place = jobDir === '' ? 'in memory' : `in ${jobDir}`
  const folder = option === '--keep-alive' ? '' : ' Or --job-dir FOLDER, to keep the crawl in a folder of this machine.'
  throw new UsageError(
    'ERR_REDIS_MISSING',
    `${option} is for a crawl that is kept in Redis, and this one is ${place}: expected --redis redis://host:6379 beside it, SKEIN_REDIS, or \`redis\` in the config.${folder}`,
  )
}

/** A live block needs a terminal that obeys, and one that items do not go to at the same time. */
function canDrawOn(stream: NodeJS.WriteStream, feeds: readonly FeedOptions[]): boolean {
  const itemsOnScreen = process.stdout.isTTY && feeds.some(({ uri }) => uri === '-')
  return stream.isTTY && process.env['TERM'] !== 'dumb' && !process.env['CI'] && !itemsOnScreen
}

/** On a terminal the block says what lines would say, and better; a log file wants its lines all the same. */
function withProgress(live: LiveTerminal, { settings: { logFile, logStatsInterval }, extensions }: ResolvedConfig): Config {
  return { extensions: [...extensions, progress(live)], logStatsInterval: logFile === '' ? 0 : logStatsInterval }
}

/**
 * What a spider's code does outside of its callbacks. A promise that nobody awaited is logged, and the crawl goes on; an exception that
 * nobody could catch leaves things in an unknown state: the crawl ends in good order, and the exit code says so.
 */
function watchForStrays(log: Logger, stop: () => void): { readonly sawException: boolean; close(): void } {
  let sawException = false
  const onRejection = (error: unknown): void =>
    log.error('A promise was rejected, and nothing in the spider waited for it', { error })
  const onException = (error: unknown): void => {
    sawException = true
    log.error('An exception was thrown outside of any callback; the crawl is closed', { error })
    stop()
  }
  process.on('unhandledRejection', onRejection)
  process.on('uncaughtException', onException)
  return {
    get sawException() {
      return sawException
    },
    close() {
      process.off('unhandledRejection', onRejection)
      process.off('uncaughtException', onException)
    },
  }
}
