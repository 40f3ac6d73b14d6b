import type { Command } from 'commander'
import { SkeinError } from '../errors.ts'
import type { CrawlStatus } from '../operate/contract.ts'
import { grouped } from '../util/grouped.ts'
import { confirm } from './confirm.ts'
import { addOperateOptions, type OperateFlags, operateCrawl } from './operate-crawl.ts'
import type { Outcome } from './outcome.ts'

interface PurgeFlags extends OperateFlags {
  readonly yes?: true
  readonly force?: true
  readonly items?: true
  readonly seeds?: true
}

/** `skein purge [crawl]`: deletes a crawl from Redis. */
export function addPurge(program: Command, outcome: Outcome): void {
  const command = program
    .command('purge')
    .description('delete a crawl from Redis: its queue, what it has seen, its stats')
    .argument('[crawl]', 'the spider, or <spider>.<job>')
    .option('--items', 'the list of items too')
    .option('--seeds', 'the seeds that nobody has taken yet too')
    .option('--force', 'also while workers take part; they end with an error')
    .option('--yes', 'do not ask')
  addOperateOptions(command).action((crawl: string | undefined, flags: PurgeFlags) =>
    operateCrawl(crawl, flags, async (operator) => {
      const status = await operator.status(0)
      const alive = status.workers.filter((worker) => worker.alive).length
      if (alive > 0 && flags.force !== true) {
        throw new SkeinError(
          'ERR_CRAWL_BUSY',
          `${alive === 1 ? '1 worker takes' : `${alive} workers take`} part in ${operator.crawl}: nothing was deleted. End ${alive === 1 ? 'it' : 'them'} with \`skein stop\`, or add --force.`,
        )
      }
      if (!(await confirm(question(status, flags), flags.yes === true))) {
        outcome.code = 1
        return undefined
      }
      const purged = await operator.purge({
        force: flags.force === true,
        items: flags.items === true,
        seeds: flags.seeds === true,
      })
      return {
        json: { crawl: operator.crawl, ...purged },
        text: () =>
          `Deleted ${operator.crawl}: ${grouped(purged.queued)} queued, ${grouped(purged.seen)} seen, ${grouped(purged.dead)} dead${flags.items === true ? `, ${grouped(purged.items)} items` : ''}${flags.seeds === true ? `, ${grouped(purged.seeds)} seeds` : ''}.\n`,
      }
    }),
  )
}

function question({ crawl, totals, seeds }: CrawlStatus, flags: PurgeFlags): string {
  const parts = [
    `${grouped(totals.queued + totals.delayed + totals.leased)} requests that were not fetched`,
    `${grouped(totals.seen)} URLs seen`,
    `${grouped(totals.dead)} dead requests`,
    ...(flags.items === true ? [`${grouped(totals.items)} items`] : []),
    ...(flags.seeds === true ? [`${grouped(seeds.waiting)} seeds`] : []),
  ]
  return `The crawl ${crawl} will be deleted: ${parts.join(', ')}.`
}
