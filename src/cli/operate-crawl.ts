import type { Command } from 'commander'
import { type ConfigLayer, resolveConfig } from '../crawl/config.ts'
import { findProject } from '../crawl/find-project.ts'
import { UsageError } from '../errors.ts'
import { maskCredentials } from '../log/mask-credentials.ts'
import { openLog } from '../log/open-log.ts'
import type { Operator } from '../operate/contract.ts'
import { environmentLayer } from '../settings/environment.ts'
import type { Settings } from '../settings/settings.ts'
import type { TableColumn } from './plain-table.ts'

/** What every verb for operators takes. */
export interface OperateFlags {
  readonly redis?: string
  readonly job?: string
  readonly json?: true
}

/** Adds these options to a verb. */
export function addOperateOptions(command: Command): Command {
  return command
    .option('--redis <url>', 'the Redis of the crawl; otherwise SKEIN_REDIS, or `redis` of the project')
    .option('--job <name>', 'the crawl <spider>.<name>')
    .option('--json', 'print one JSON document')
}

/** What a report is printed on. */
export interface Screen {
  /** It is a terminal: a pipe gets the table alone. */
  readonly terminal: boolean
  /** Rows under names; see `plainTable`. */
  table(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string
}

/** Says on standard output what came of a verb. */
export interface Report {
  /** For programs. */
  readonly json: unknown
  /** For people; whole lines. */
  readonly text: (screen: Screen) => string
}

/**
 * Runs what a verb does to a crawl, and prints its report. Throws a UsageError where it is not clear which crawl is meant, and what
 * `openOperator` and its methods throw.
 */
export async function operateCrawl(
  crawl: string | undefined,
  flags: OperateFlags,
  run: (operator: Operator) => Promise<Report | undefined>,
): Promise<void> {
  const { spider, settings } = await findTarget(crawl, flags)
  const { openOperator } = await import('../operate/open-operator.ts')
  const { log, close } = openLog({ logLevel: 'warn', logFile: '', logFormat: 'text' })
  try {
    const operator = await openOperator({
      redis: settings.redis,
      ca: settings.redisCa,
      log,
      ...(spider === undefined ? {} : { spider }),
      job: settings.job,
      keys: { startUrls: settings.startUrlsKey, items: settings.itemsKey, dupefilter: settings.dupefilterKey },
      startUrlsType: settings.startUrlsType,
    })
    try {
      const report = await run(operator)
      if (report !== undefined) await print(report, flags)
    } finally {
      await operator.close()
    }
  } finally {
    close()
  }
}

async function print({ json, text }: Report, flags: OperateFlags): Promise<void> {
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify(json, null, 2)}\n`)
    return
  }
  const { plainTable } = await import('./plain-table.ts')
  const { isTTY: terminal = false, columns } = process.stdout
  process.stdout.write(text({ terminal, table: (names, rows) => plainTable(names, rows, terminal ? columns || 80 : undefined) }))
}

/** The crawl that is meant, and the settings that say where it is. */
export async function findTarget(
  crawl: string | undefined,
  flags: OperateFlags,
): Promise<{ spider?: string; settings: Settings }> {
  const { layers, only } = await projectLayers(crawl, flags)
  const environment = environmentLayer(process.env)
  const config: Record<string, string> = {}
  if (flags.redis !== undefined) config['redis'] = flags.redis
  if (flags.job !== undefined) config['job'] = flags.job
  const { settings } = resolveConfig([
    ...layers,
    { name: environment.name, config: environment.values, text: true },
    { name: 'the command line', config, text: true },
  ])
  if (settings.redis === '') {
    throw new UsageError(
      'ERR_REDIS_MISSING',
      'Which Redis? Name it with --redis redis://host:6379, in SKEIN_REDIS, or as `redis` in skein.config.ts.',
    )
  }
  const spider = crawl ?? only
  return { settings, ...(spider === undefined ? {} : { spider }) }
}

/** What the project says of the crawl, if there is a project; and its spider if it has only one. */
async function projectLayers(
  crawl: string | undefined,
  { redis }: OperateFlags,
): Promise<{ layers: ConfigLayer[]; only?: string }> {
  if (findProject(process.cwd()) === undefined) return { layers: [] }
  const { loadProject } = await import('../crawl/load-project.ts')
  try {
    const project = await loadProject(process.cwd())
    try {
      const names = [...new Set(project.spiders.map(({ name }) => name))]
      const name = crawl ?? (names.length === 1 ? names[0] : undefined)
      // a crawl may be named with its job
      const found =
        project.spiders.find((spider) => spider.name === name) ??
        project.spiders.find((spider) => name?.startsWith(`${spider.name}.`))
      return {
        layers: [
          { name: project.configFile!, config: project.config },
          ...(found === undefined ? [] : [{ name: `the spider ${found.name}`, config: found.spider.settings ?? {} }]),
        ],
        ...(names.length === 1 ? { only: names[0]! } : {}),
      }
    } finally {
      project.close()
    }
  } catch (error) {
    // a project that is broken just now must not keep one from stopping its crawl
    if (redis === undefined || !(error instanceof UsageError)) throw error
    process.stderr.write(`skein: the project is left aside: ${maskCredentials(error.message)}\n`)
    return { layers: [] }
  }
}
