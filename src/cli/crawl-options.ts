import type { Command } from 'commander'
import type { ConfigLayer } from '../crawl/config.ts'
import { UsageError } from '../errors.ts'
import type { FeedOptions } from '../feed/contract.ts'

/** What `crawl` and `run` take beside the name of the spider, as commander gives it. */
export interface CrawlFlags {
  readonly arg: readonly string[]
  readonly set: readonly string[]
  readonly output: readonly string[]
  readonly overwriteOutput: readonly string[]
  readonly jobDir?: string
  readonly redis?: string
  readonly job?: string
  readonly persist?: true
  readonly keepAlive?: true
  readonly force?: true
  readonly stats?: string
  readonly logLevel?: string
  readonly logFile?: string
  readonly logFormat?: string
}

/** Adds these options to a verb. */
export function addCrawlOptions(command: Command): Command {
  return command
    .option('-a, --arg <name=value>', 'an argument of the spider (repeatable)', gather, [])
    .option('-s, --set <setting=value>', 'a setting, over the project and the spider (repeatable)', gather, [])
    .option(
      '-o, --output <file>',
      'append items to a .jsonl, .json, .csv, .xml or .parquet file, also .gz, .br or .zst, also on s3:// or ftp://; - for standard output (repeatable)',
      gather,
      [],
    )
    .option('-O, --overwrite-output <file>', 'as -o, replacing what is in the file (repeatable)', gather, [])
    .option('--job-dir <folder>', 'keep the crawl in this folder; the same command goes on with one that was interrupted')
    .option('--redis <url>', 'take part in a crawl that workers share through this Redis')
    .option('--job <name>', 'call the crawl <spider>.<name>, to have two of one spider')
    .option('--persist', 'keep what was seen when the crawl has finished')
    .option('--keep-alive', 'wait for seeds in place of finishing')
    .option('--force', 'take part although Redis may throw keys away when it is full')
    .option('--stats <file>', 'write the final stats to a file, as JSON')
    .option('--log-level <level>', 'debug, info, warn, error or silent')
    .option('--log-file <file>', 'append the log to a file')
    .option('--log-format <format>', 'text or json')
}

/** The settings of `-s` and of the options that stand for one; the latter win. */
export function settingsLayer(flags: Partial<CrawlFlags>): ConfigLayer {
  const { set, jobDir, redis, job, persist, keepAlive, force, logLevel, logFile, logFormat } = flags
  const config: Record<string, string> = { ...pairs(set ?? [], '-s setting=value') }
  if (jobDir !== undefined) config['jobDir'] = jobDir
  if (redis !== undefined) config['redis'] = redis
  if (job !== undefined) config['job'] = job
  if (persist === true) config['persist'] = 'true'
  if (keepAlive === true) config['keepAlive'] = 'true'
  if (force === true) config['allowEviction'] = 'true'
  // log levels are written in capitals elsewhere, and mean the same
  if (logLevel !== undefined) config['logLevel'] = logLevel.toLowerCase()
  if (logFile !== undefined) config['logFile'] = logFile
  if (logFormat !== undefined) config['logFormat'] = logFormat
  return { name: 'the command line', config, text: true }
}

/** The feeds of `-o` and `-O`: if there are any, they take the place of the project's. */
export async function feedsLayer({ output, overwriteOutput }: CrawlFlags): Promise<ConfigLayer> {
  if (output.length === 0 && overwriteOutput.length === 0) return { name: 'the command line', config: {} }
  const { parseOutput } = await import('../feed/parse-output.ts')
  const feeds: FeedOptions[] = [
    ...output.map((text) => parseOutput(text, false)),
    ...overwriteOutput.map((text) => parseOutput(text, true)),
  ]
  return { name: 'the command line', config: { feeds } }
}

/** `name=value` texts as an object; the last of a name counts. */
export function pairs(texts: readonly string[], form: string): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      if (at < 1) throw new UsageError('ERR_ARGUMENT', `Expected ${form}, got ${JSON.stringify(text)}.`)
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}

function gather(text: string, before: readonly string[]): readonly string[] {
  return [...before, text]
}
