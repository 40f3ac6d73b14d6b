import type { Command } from 'commander'
import type { DeadSeedPage } from '../operate/contract.ts'
import { grouped } from '../util/grouped.ts'
import { confirm } from './confirm.ts'
import { numberOption } from './number-option.ts'
import { addOperateOptions, type OperateFlags, operateCrawl, type Screen } from './operate-crawl.ts'
import type { Outcome } from './outcome.ts'

/** `skein dead seeds`: the seeds that could not be read. */
export function addDeadSeeds(dead: Command, outcome: Outcome): void {
  const seeds = dead.command('seeds').description('list, retry or drop the seeds that could not be read')
  const list = seeds
    .command('list', { isDefault: true })
    .description('show the oldest (the default)')
    .argument('[crawl]', 'the spider, or <spider>.<job>')
    .option('--limit <n>', 'how many', '50')
  addOperateOptions(list).action((crawl: string | undefined, flags: OperateFlags & { readonly limit: string }) => {
    const limit = numberOption(flags.limit, '--limit')
    return operateCrawl(crawl, flags, async (operator) => {
      const page = await operator.deadSeeds(limit)
      return { json: page, text: (screen) => seedsText(page, screen) }
    })
  })

  const retry = seeds
    .command('retry')
    .description('move them back to where seeds are taken from, as they were')
    .argument('[crawl]', 'the spider, or <spider>.<job>')
  addOperateOptions(retry).action((crawl: string | undefined, flags: OperateFlags) =>
    operateCrawl(crawl, flags, async (operator) => {
      const retried = await operator.retryDeadSeeds()
      return { json: { crawl: operator.crawl, retried }, text: () => `${count(retried)} went back to be tried again.\n` }
    }),
  )

  const drop = seeds
    .command('drop')
    .description('delete them for good')
    .argument('[crawl]', 'the spider, or <spider>.<job>')
    .option('--yes', 'do not ask')
  addOperateOptions(drop).action((crawl: string | undefined, flags: OperateFlags & { readonly yes?: true }) =>
    operateCrawl(crawl, flags, async (operator) => {
      const { total } = await operator.deadSeeds(0)
      if (total > 0 && !(await confirm(`${count(total)} of ${operator.crawl} will be deleted.`, flags.yes === true))) {
        outcome.code = 1
        return undefined
      }
      const dropped = await operator.dropDeadSeeds()
      return { json: { crawl: operator.crawl, dropped }, text: () => `Deleted ${count(dropped)}.\n` }
    }),
  )
}

function seedsText({ total, seeds }: DeadSeedPage, screen: Screen): string {
  const table = screen.table(
    [{ name: 'when' }, { name: 'seed', cut: true }, { name: 'error', cut: true }],
    seeds.map(({ at, message, base64, error }) => [
      at === 0 ? '-' : new Date(at).toISOString().slice(0, 19).replace('T', ' '),
      base64 ? `base64: ${message}` : message,
      error,
    ]),
  )
  return !screen.terminal ? table : `${total === 0 ? '' : table}${count(total)}\n`
}

const count = (n: number): string => `${grouped(n)} bad ${n === 1 ? 'seed' : 'seeds'}`
