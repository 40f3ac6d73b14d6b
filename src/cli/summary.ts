import Table from 'cli-table3'
import pc from 'picocolors'
import type { CrawlResult } from '../crawl/crawl.ts'
import { headline } from '../log/describe-error.ts'
import { escapeControl } from '../log/escape-control.ts'
import { maskCredentials } from '../log/mask-credentials.ts'
import type { LogSettings } from '../log/open-log.ts'
import type { Settings } from '../settings/settings.ts'
import { grouped } from '../util/grouped.ts'
import { NO_LINES } from './plain-table.ts'

/** How the summary is to look. */
export interface SummaryLook {
  /** Characters in a line. */
  readonly columns: number
  readonly colors: boolean
}

/** What became of a crawl, for people: a table, and where to read on if something went wrong. */
export function summary(
  spider: string,
  result: CrawlResult,
  settings: LogSettings & Pick<Settings, 'jobDir'>,
  look: SummaryLook,
): string {
  const { red, green, yellow, bold } = pc.createColors(look.colors)
  const seconds = Math.max(result.elapsed, 0.001)
  const written = result.feeds.map(({ uri, format, count: n }): Row => {
    return ['written', `${grouped(n)} to ${uri === '-' ? 'standard output' : uri} (${format})`]
  })
  const left = unfinished(result.counts, result.crawlStats !== undefined, settings.jobDir !== '')
  const time: Row = ['time', `${seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(1)} s`]

  const own = counted(result.stats, seconds)
  const all = result.crawlStats === undefined ? own : counted(result.crawlStats, 0)
  // one worker that did it all has nothing to say twice
  const alone = counted(result.stats, 0).join('\n') === all.join('\n') || result.crawlStats === undefined
  const tables = alone
    ? [printed([...own.slice(0, 2), ...written, own[2]!, ...left, ...own.slice(3), time], look)]
    : [
        bold('this worker'),
        printed([...own.slice(0, 2), ...written, ...own.slice(2), time], look),
        bold('the whole crawl'),
        printed([...all.slice(0, 3), ...left, ...all.slice(3)], look),
      ]

  const how = result.ok
    ? result.reason === 'finished'
      ? green('finished')
      : yellow(`stopped early (${result.reason})`)
    : red(`failed (${result.reason})`)
  const parts = [`\n${bold(clean(spider))} ${how}`, ...tables]
  if (result.error !== undefined) parts.push(red(clean(headline(result.error))))
  const logged = Number(result.stats['log_count/ERROR'] ?? 0)
  if (logged > 0) parts.push(`${grouped(logged)} ${logged === 1 ? 'error was' : 'errors were'} logged${whereToRead(settings)}`)
  return `${parts.join('\n')}\n`
}

type Row = readonly [name: string, value: string]
type StatValues = CrawlResult['stats']

/** Pages, items and requests, then what there may be to say beside them. `seconds` 0: no rates. */
function counted(stats: StatValues, seconds: number): Row[] {
  const stat = (name: string): number => Number(stats[name] ?? 0)
  const labels = (name: string): [string, number][] => labelled(stats, name)
  const perSecond = (n: number): string => (seconds === 0 ? '' : rate(n / seconds))
  const pages = stat('response_received_count')
  const items = stat('item_scraped_count')
  const lost = [...countOf(stat('item_dropped_count'), 'dropped'), ...countOf(stat('item_error_count'), 'failed')]
  const failures = [
    ...labels('downloader/exception_type_count'),
    ...labels('spider_exceptions').filter(([name]) => name !== 'count'),
  ].sort(([, a], [, b]) => b - a)
  return [
    ['pages', list([`${grouped(pages)}${perSecond(pages)}`, ...byClass(pageStatuses(labels))])],
    ['items', list([`${grouped(items)}${perSecond(items)}`, ...lost])],
    ['requests', list(labels('request_end_count').map(([reason, n]) => `${grouped(n)} ${reason}`)) || 'none'],
    ...row('retries', stat('retry/count'), labels('retry/reason_count')),
    ...row('errors', sum(failures), failures),
    ['traffic', `${bytes(stat('downloader/response_bytes'))} received, ${bytes(stat('downloader/request_bytes'))} sent`],
  ]
}

function printed(rows: readonly Row[], look: SummaryLook): string {
  const table = new Table({
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 2, 'padding-right': 0 },
    colWidths: widths(look.columns),
    wordWrap: true,
  })
  table.push(...rows.map(([name, value]) => [name, clean(value)]))
  return table.toString().replace(/ +$/gm, '')
}

function widths(columns: number): [number, number] {
  return [12, Math.max(30, Math.min(columns, 120) - 13)]
}

function whereToRead({ logFile, logLevel }: LogSettings): string {
  if (logLevel === 'silent') return '; run again with --log-level error to see them.'
  return logFile === '' ? ': the lines marked ERROR above. With --log-file FILE they are kept.' : `: grep ERROR ${logFile}`
}

/** The values that stand under a name: `downloader/response_status_count/404` for `downloader/response_status_count`; the most frequent first. */
function labelled(stats: StatValues, name: string): [string, number][] {
  const prefix = `${name}/`
  return Object.entries(stats)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]): [string, number] => [key.slice(prefix.length), Number(value)])
    .sort(([, a], [, b]) => b - a)
}

/** Statuses of pages: without those of robots.txt, which nobody asked for. */
function pageStatuses(labels: (name: string) => [string, number][]): [string, number][] {
  const robots = new Map(labels('robotstxt/response_status_count'))
  return labels('downloader/response_status_count')
    .map(([status, n]): [string, number] => [status, n - (robots.get(status) ?? 0)])
    .filter(([, n]) => n > 0)
}

/** Statuses by their first digit; those that are neither a success nor a redirect one by one, as they are what one looks for. */
function byClass(statuses: readonly [string, number][]): string[] {
  return ['2', '3', '4', '5'].flatMap((digit) => {
    const own = statuses.filter(([status]) => status.startsWith(digit))
    if (own.length === 0) return []
    const which =
      digit >= '4' ? ` (${own.map(([status, n]) => (own.length === 1 ? status : `${status}: ${grouped(n)}`)).join(', ')})` : ''
    return [`${grouped(sum(own))} ${digit}xx${which}`]
  })
}

/** What an interrupted crawl left; of a shared one, other workers may go on with it, and of one in a folder a later start does. */
function unfinished({ queued, delayed, leased }: CrawlResult['counts'], shared: boolean, inFolder: boolean): Row[] {
  const left = queued + delayed + leased
  if (left === 0) return []
  const requests = left === 1 ? 'request' : 'requests'
  const was = left === 1 ? 'was' : 'were'
  const later = inFolder ? `: the same command goes on with ${left === 1 ? 'it' : 'them'}` : ''
  return [['left', `${grouped(left)} ${requests} ${shared ? 'still to be fetched' : `${was} not fetched`}${later}`]]
}

function row(name: string, total: number, kinds: readonly [string, number][]): Row[] {
  return total === 0 ? [] : [[name, list([grouped(total), ...kinds.map(([kind, n]) => `${grouped(n)} ${kind}`)])]]
}

const countOf = (n: number, what: string): string[] => (n === 0 ? [] : [`${grouped(n)} ${what}`])
const sum = (entries: readonly [string, number][]): number => entries.reduce((total, [, n]) => total + n, 0)
const list = (parts: readonly string[]): string => parts.join(' · ')

function rate(perSecond: number): string {
  if (perSecond === 0) return ''
  if (perSecond < 1) return ` (${(perSecond * 60).toFixed(1)}/min)`
  return perSecond < 10 ? ` (${perSecond.toFixed(1)}/s)` : ` (${grouped(Math.round(perSecond))}/s)`
}

const clean = (text: string): string => escapeControl(maskCredentials(text))

function bytes(n: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  const unit = n < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(n) / 3))
  return unit === 0 ? `${n} bytes` : `${(n / 1000 ** unit).toFixed(1)} ${units[unit]}`
}
