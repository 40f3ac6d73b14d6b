import type { Command } from 'commander'
import { UsageError } from '../errors.ts'
import type { Pushed } from '../operate/contract.ts'
import { grouped } from '../util/grouped.ts'
import { addOperateOptions, type OperateFlags, operateCrawl } from './operate-crawl.ts'
import type { SeedFlags } from './read-seeds.ts'

/** `skein push [crawl] [urls…]`: gives seeds to a crawl on Redis, whether it runs or not. */
export function addPush(program: Command): void {
  const command = program
    .command('push')
    .description('give seeds to a crawl on Redis, whether it runs or not')
    .argument('[crawl]', 'the spider, or <spider>.<job>')
    .argument('[urls...]', 'URLs, or JSON messages as scrapy-redis takes them')
    .option(
      '-f, --file <file>',
      'a file with one a line, - for standard input; empty lines and those that begin with # are left out',
    )
    .option('--skip-bad', 'push what can be read; without it, one bad line and nothing is pushed')
    .option('--priority <n>', 'higher goes first')
    .option('--callback <method>', 'the method of the spider that gets the pages')
    .option('--meta <json>', 'an object that travels with the requests')
    .option(
      '-H, --header <header>',
      "a header such as 'Accept-Language: de' (repeatable)",
      (text: string, before: readonly string[]) => [...before, text],
      [],
    )
    .option('--filter', 'leave those out that the crawl has seen; seeds are fetched again otherwise')
  addOperateOptions(command).action(
    async (first: string | undefined, urls: readonly string[], flags: SeedFlags & OperateFlags) => {
      // without a crawl, the first argument is a seed
      const isSeed = first !== undefined && /:\/\/|^\s*\{/.test(first)
      const given = isSeed ? [first, ...urls] : urls
      if (given.length === 0 && flags.file === undefined)
        throw new UsageError('ERR_ARGUMENT', 'Nothing to push: expected URLs, or --file FILE (- for standard input).')
      const { readSeeds } = await import('./read-seeds.ts')
      const { seeds, bad } = await readSeeds(given, flags)
      for (const line of bad) process.stderr.write(`skein: ${line}\n`)
      await operateCrawl(isSeed ? undefined : first, flags, async (operator) => {
        const pushed = await operator.push(seeds)
        return {
          json: { crawl: operator.crawl, ...pushed, bad: bad.length },
          text: () => text(operator.crawl, pushed, bad.length),
        }
      })
    },
  )
}

function text(crawl: string, { key, pushed, present, waiting, workers }: Pushed, bad: number): string {
  const parts = [
    `Pushed ${grouped(pushed)} ${pushed === 1 ? 'seed' : 'seeds'} to ${key}`,
    present > 0 && `${grouped(present)} ${present === 1 ? 'was' : 'were'} there already`,
    bad > 0 && `${grouped(bad)} could not be read`,
    `${grouped(waiting)} ${waiting === 1 ? 'is' : 'are'} waiting`,
  ]
  const workersText =
    workers === 0
      ? ` No worker takes part in ${crawl} now: they are taken when one starts.`
      : ` ${workers === 1 ? '1 worker takes' : `${grouped(workers)} workers take`} part in ${crawl}.`
  return `${parts.filter((part) => part !== false).join(', ')}.${workersText}\n`
}
