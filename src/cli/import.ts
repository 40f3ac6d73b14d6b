import { Argument, type Command, Option } from 'commander'
import { SkeinError, UsageError } from '../errors.ts'
import { maskCredentials } from '../log/mask-credentials.ts'
import { addOperateOptions, findTarget } from './operate-crawl.ts'
import type { Outcome } from './outcome.ts'
import type { ImportFlags } from './run-import.ts'

/** `skein import scrapy-redis <spider>`: brings the crawl that another framework left into one here. */
export function addImport(program: Command, outcome: Outcome): void {
  const command = program
    .command('import')
    .description('bring a stopped crawl of scrapy-redis into one here: its queue and what it has seen')
    .addArgument(new Argument('<from>', 'what wrote it').choices(['scrapy-redis']))
    .argument('<spider>', 'the name of the spider, there and here')
    .option('--requests-key <key>', 'its queue, SCHEDULER_QUEUE_KEY there', '%(spider)s:requests')
    .option('--dupefilter-key <key>', 'its dupe filter, SCHEDULER_DUPEFILTER_KEY there', '%(spider)s:dupefilter')
    .option('--no-dupefilter', 'leave the dupe filter out')
    .addOption(
      new Option('--order <order>', 'how a list is read there: fifo (FifoQueue) or lifo (LifoQueue)').choices([
        'fifo',
        'lifo',
        'priority',
      ]),
    )
    .option('--dry-run', 'read everything and add nothing')
    .option('--delete', 'delete its keys when all of it has been brought')
  addOperateOptions(command).action(async (_from: string, spider: string, flags: ImportFlags) => {
    if (flags.dryRun === true && flags.delete === true)
      throw new UsageError('ERR_ARGUMENT', 'Expected --dry-run or --delete, got both: one changes nothing, the other deletes.')
    const { settings } = await findTarget(spider, flags)
    const { runImport } = await import('./run-import.ts')
    try {
      outcome.code = await runImport(spider, settings, flags)
    } catch (error) {
      if (error instanceof UsageError || !(error instanceof SkeinError)) throw error
      process.stderr.write(`skein: ${maskCredentials(error.message)}\n`)
      outcome.code = 1
    }
  })
}
