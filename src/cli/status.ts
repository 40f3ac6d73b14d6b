import type { Command } from 'commander'
import type { CrawlStatus } from '../operate/contract.ts'
import { grouped } from '../util/grouped.ts'
import { durationText } from './duration-text.ts'
import { numberOption } from './number-option.ts'
import { addOperateOptions, type OperateFlags, operateCrawl, type Screen } from './operate-crawl.ts'

interface StatusFlags extends OperateFlags {
  readonly leases: string
  readonly stats?: true
}

/** `skein status [crawl]`: how a crawl on Redis stands. */
export function addStatus(program: Command): void {
  const command = program
    .command('status')
    .description('show how a crawl on Redis stands: workers, totals, what is in flight')
    .argument('[crawl]', 'the spider, or <spider>.<job>')
    .option('--leases <n>', 'how many of the requests that have been in flight for longest', '10')
    .option('--stats', 'all stats of the whole crawl too')
  addOperateOptions(command).action((crawl: string | undefined, flags: StatusFlags) =>
    operateCrawl(crawl, flags, async (operator) => {
      const status = await operator.status(numberOption(flags.leases, '--leases'))
      return { json: status, text: (screen) => statusText(status, screen, flags.stats === true) }
    }),
  )
}

function statusText(status: CrawlStatus, screen: Screen, stats: boolean): string {
  return [totals(status, screen), workers(status, screen), leases(status, screen), ...(stats ? [statsTable(status, screen)] : [])]
    .filter((part) => part !== '')
    .join('\n')
}

function totals(status: CrawlStatus, screen: Screen): string {
  const { totals: total, seeds, redis, control, reason, now, startedAt } = status
  const alive = status.workers.filter((worker) => worker.alive)
  const rate = alive.reduce((sum, worker) => sum + worker.rate, 0)
  const how = control === '' ? status.state : { pause: 'paused', drain: 'draining', stop: 'stopped' }[control]
  const rows: [string, string][] = [
    [
      'state',
      list([
        how + (reason === '' ? '' : ` (${reason})`),
        status.state === 'running' && alive.length > 0 && `for ${durationText(now - startedAt)}`,
      ]),
    ],
    ['workers', list([grouped(alive.length), rate > 0 && `${rate.toFixed(1)} pages/s since they started`])],
    [
      'left',
      list([
        `${grouped(total.queued)} queued in ${grouped(total.hosts)} ${total.hosts === 1 ? 'host' : 'hosts'}`,
        total.delayed > 0 && `${grouped(total.delayed)} delayed`,
        `${grouped(total.leased)} in flight`,
        total.held > 0 && `${grouped(total.held)} held for a worker that has their callback`,
      ]),
    ],
    ['done', list([grouped(total.done), `${grouped(total.dead)} dead`, `${grouped(total.seen)} seen`])],
    [
      'items',
      list([grouped(status.stats['item_scraped_count'] ?? 0), total.items > 0 && `${grouped(total.items)} waiting in Redis`]),
    ],
    [
      'seeds',
      list([`${grouped(seeds.waiting)} waiting in ${seeds.key}`, seeds.dead > 0 && `${grouped(seeds.dead)} could not be read`]),
    ],
    [
      'redis',
      list([
        redis.version ?? 'unknown version',
        redis.usedMemory !== undefined && memory(redis.usedMemory, redis.maxMemory ?? 0),
      ]),
    ],
  ]
  return screen.table([{ name: 'crawl' }, { name: status.crawl, cut: true }], rows)
}

function workers({ workers: all }: CrawlStatus, screen: Screen): string {
  if (all.length === 0) return 'No worker takes part.\n'
  return screen.table(
    [
      { name: 'worker', cut: true },
      { name: 'pid', right: true },
      { name: 'version' },
      { name: 'pages', right: true },
      { name: 'pages/s', right: true },
      { name: 'items', right: true },
      { name: 'in flight', right: true },
      { name: 'last heard' },
    ],
    all.map((worker) => [
      worker.host,
      String(worker.pid),
      worker.version,
      grouped(worker.pages),
      worker.rate.toFixed(1),
      grouped(worker.items),
      grouped(worker.leased),
      `${durationText(worker.lag)} ago${worker.alive ? '' : ', given up'}`,
    ]),
  )
}

function leases({ leases: all }: CrawlStatus, screen: Screen): string {
  if (all.length === 0) return ''
  return screen.table(
    [
      { name: 'in flight for' },
      { name: 'tries', right: true },
      { name: 'worker', cut: true },
      { name: 'host', cut: true },
      { name: 'url', cut: true },
    ],
    all.map((lease) => [durationText(lease.age), String(lease.deliveries), lease.worker, lease.slot, lease.url]),
  )
}

function statsTable({ stats }: CrawlStatus, screen: Screen): string {
  return screen.table(
    [
      { name: 'stat', cut: true },
      { name: 'value', right: true },
    ],
    Object.entries(stats).map(([name, value]) => [name, Number.isInteger(value) ? grouped(value) : String(value)]),
  )
}

const list = (parts: readonly (string | false)[]): string => parts.filter((part) => part !== false).join(' · ')
const memory = (used: number, most: number): string =>
  `${(used / 1e6).toFixed(1)} MB${most > 0 ? ` of ${(most / 1e6).toFixed(0)} MB` : ''} in use`
