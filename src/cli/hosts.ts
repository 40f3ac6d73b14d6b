import type { Command } from 'commander'
import { UsageError } from '../errors.ts'
import type { HostPage, HostQuery } from '../operate/contract.ts'
import { grouped } from '../util/grouped.ts'
import { confirm } from './confirm.ts'
import { durationText } from './duration-text.ts'
import { numberOption } from './number-option.ts'
import { addOperateOptions, type OperateFlags, operateCrawl, type Screen } from './operate-crawl.ts'
import type { Outcome } from './outcome.ts'

const SORTS: readonly string[] = ['queued', 'leased', 'wait']

interface ListFlags extends OperateFlags {
  readonly sort: string
  readonly limit: string
  readonly offset: string
}

interface SetFlags extends OperateFlags {
  readonly delay?: string
  readonly concurrency?: string
  readonly budget?: string
  readonly block?: string
}

/** `skein hosts`: the slots of a crawl on Redis, and how they are treated. */
export function addHosts(program: Command, outcome: Outcome): void {
  const hosts = program
    .command('hosts')
    .description('show the hosts of a crawl on Redis; slow one down, block it, drop its queue')
  addList(hosts)
  addSet(hosts)
  addPurge(hosts, outcome)
}

function addList(hosts: Command): void {
  const command = hosts
    .command('list', { isDefault: true })
    .description('show the hosts that have most (the default)')
    .argument('[crawl]', 'the spider, or <spider>.<job>')
    .option('--sort <by>', 'queued, leased, or wait: those that may not be contacted for longest', 'queued')
    .option('--limit <n>', 'how many', '50')
    .option('--offset <n>', 'how many to leave out at the top', '0')
  addOperateOptions(command).action((crawl: string | undefined, flags: ListFlags) => {
    const query: HostQuery = {
      sort: readSort(flags.sort),
      limit: numberOption(flags.limit, '--limit'),
      offset: numberOption(flags.offset, '--offset'),
    }
    return operateCrawl(crawl, flags, async (operator) => {
      const page = await operator.hosts(query)
      return { json: page, text: (screen) => hostsText(page, query, screen) }
    })
  })
}

function addSet(hosts: Command): void {
  const command = hosts
    .command('set')
    .description('change how a host is treated, from its next request on, by all workers')
    .argument('<host>', 'as `skein hosts` shows it')
    .argument('[crawl]', 'the spider, or <spider>.<job>')
    .option('--delay <seconds>', 'between the starts of two requests')
    .option('--concurrency <n>', 'requests in flight at most')
    .option('--budget <n>', 'requests it takes in the whole crawl; 0: no limit')
    .option('--block <seconds>', 'leave it alone for so long; 0 lifts a block')
  addOperateOptions(command).action((host: string, crawl: string | undefined, flags: SetFlags) => {
    const { delay, concurrency, budget, block } = flags
    if ((delay ?? concurrency ?? budget ?? block) === undefined)
      throw new UsageError('ERR_ARGUMENT', 'Expected at least one of --delay, --concurrency, --budget and --block.')
    const change = {
      ...(delay === undefined ? {} : { delay: milliseconds(delay, '--delay') }),
      ...(concurrency === undefined ? {} : { concurrency: numberOption(concurrency, '--concurrency', { least: 1 }) }),
      ...(budget === undefined ? {} : { budget: numberOption(budget, '--budget') }),
      ...(block === undefined ? {} : { block: milliseconds(block, '--block') }),
    }
    return operateCrawl(crawl, flags, async (operator) => {
      await operator.setHost(host, change)
      return {
        json: { crawl: operator.crawl, host, ...change },
        text: () => `Changed ${host} for all workers of ${operator.crawl}.\n`,
      }
    })
  })
}

function addPurge(hosts: Command, outcome: Outcome): void {
  const command = hosts
    .command('purge')
    .description('drop what is queued for a host; what is in flight or delayed is left alone')
    .argument('<host>', 'as `skein hosts` shows it')
    .argument('[crawl]', 'the spider, or <spider>.<job>')
    .option('--yes', 'do not ask')
  addOperateOptions(command).action((host: string, crawl: string | undefined, flags: OperateFlags & { readonly yes?: true }) =>
    operateCrawl(crawl, flags, async (operator) => {
      if (!(await confirm(`All that is queued for ${host} in ${operator.crawl} will not be fetched.`, flags.yes === true))) {
        outcome.code = 1
        return undefined
      }
      const dropped = await operator.purgeHost(host)
      return {
        json: { crawl: operator.crawl, host, dropped },
        text: () => `Dropped ${grouped(dropped)} ${dropped === 1 ? 'request' : 'requests'} for ${host}.\n`,
      }
    }),
  )
}

function hostsText({ total, now, hosts }: HostPage, { offset = 0 }: HostQuery, screen: Screen): string {
  const table = screen.table(
    [
      { name: 'host', cut: true },
      { name: 'queued', right: true },
      { name: 'in flight', right: true },
      { name: 'at once', right: true },
      { name: 'delay', right: true },
      { name: 'budget', right: true },
      { name: 'blocked for' },
    ],
    hosts.map((host) => [
      host.name + (host.changed ? ' *' : ''),
      grouped(host.queued),
      grouped(host.leased),
      grouped(host.concurrency),
      `${host.delay / 1000} s`,
      host.budget === 0 ? '-' : `${grouped(host.admitted)} of ${grouped(host.budget)}`,
      host.blockedUntil === 0 ? '-' : durationText(Math.max(0, host.blockedUntil - now)),
    ]),
  )
  if (!screen.terminal) return table
  const more = total - offset - hosts.length
  const notes = [
    hosts.length === 0 && 'No host has anything queued or in flight.\n',
    hosts.some(({ changed }) => changed) && '* has a pace of its own\n',
    more > 0 && `${grouped(more)} more: --offset ${offset + hosts.length}\n`,
  ]
  return table + notes.filter((note) => note !== false).join('')
}

function readSort(text: string): 'queued' | 'leased' | 'wait' {
  if (SORTS.includes(text)) return text as 'queued' | 'leased' | 'wait'
  throw new UsageError('ERR_ARGUMENT', `Expected --sort to be one of ${SORTS.join(', ')}, got ${JSON.stringify(text)}.`)
}

function milliseconds(text: string, option: string): number {
  return Math.round(numberOption(text, option, { whole: false }) * 1000)
}
