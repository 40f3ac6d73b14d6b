import type { Command } from 'commander'
import { UsageError } from '../errors.ts'
import type { DeadChoice, DeadLetterPage } from '../operate/contract.ts'
import { grouped } from '../util/grouped.ts'
import { confirm } from './confirm.ts'
import { addDeadSeeds } from './dead-seeds.ts'
import { numberOption } from './number-option.ts'
import { addOperateOptions, type OperateFlags, operateCrawl, type Screen } from './operate-crawl.ts'
import type { Outcome } from './outcome.ts'

interface ChoiceFlags extends OperateFlags {
  readonly reason?: string
  readonly url?: string
  readonly id?: readonly string[]
  readonly all?: true
}

/** `skein dead`: the requests of a crawl on Redis that failed for good, and the seeds that could not be read. */
export function addDead(program: Command, outcome: Outcome): void {
  const dead = program.command('dead').description('list, retry or drop the requests of a crawl on Redis that failed for good')
  addList(dead)
  addRetry(dead, outcome)
  addDrop(dead, outcome)
  addDeadSeeds(dead, outcome)
}

function addList(dead: Command): void {
  const command = dead
    .command('list', { isDefault: true })
    .description('show the latest (the default)')
    .argument('[crawl]', 'the spider, or <spider>.<job>')
    .option('--reason <reason>', 'only those that died of it')
    .option('--url <text>', 'only those with this text in their URL')
    .option('--limit <n>', 'how many', '50')
  addOperateOptions(command).action((crawl: string | undefined, flags: ChoiceFlags & { readonly limit: string }) => {
    const query = { ...choiceOf(flags), limit: numberOption(flags.limit, '--limit') }
    return operateCrawl(crawl, flags, async (operator) => {
      const page = await operator.deadLetters(query)
      return { json: page, text: (screen) => deadText(page, screen) }
    })
  })
}

function addRetry(dead: Command, outcome: Outcome): void {
  const command = dead
    .command('retry')
    .description('put them back into the queue, as if they had never been tried')
    .argument('[crawl]', 'the spider, or <spider>.<job>')
  addChoiceOptions(command).action((crawl: string | undefined, flags: ChoiceFlags) => {
    const choice = requiredChoice(flags)
    return operateCrawl(crawl, flags, async (operator) => {
      const result = await operator.retryDead(choice)
      const { retried, unreadable, forgotten } = result
      if (unreadable.length > 0) outcome.code = 1
      return {
        json: { crawl: operator.crawl, ...result },
        text: () =>
          [
            `${requests(retried)} went back into the queue of ${operator.crawl}.`,
            forgotten &&
              'What the crawl had seen was thrown away when it finished (`persist` is off): pages that these lead to are visited again.',
            unreadable.length > 0 &&
              `${requests(unreadable.length)} cannot be read and stayed: ${unreadable.slice(0, 10).join(', ')}${unreadable.length > 10 ? ', …' : ''}.`,
          ]
            .filter((line) => line !== false)
            .map((line) => `${line}\n`)
            .join(''),
      }
    })
  })
}

function addDrop(dead: Command, outcome: Outcome): void {
  const command = dead
    .command('drop')
    .description('delete them for good')
    .argument('[crawl]', 'the spider, or <spider>.<job>')
    .option('--yes', 'do not ask')
  addChoiceOptions(command).action((crawl: string | undefined, flags: ChoiceFlags & { readonly yes?: true }) => {
    const choice = requiredChoice(flags)
    return operateCrawl(crawl, flags, async (operator) => {
      const { total } = await operator.deadLetters({ ...choice, limit: 0 })
      if (total > 0 && !(await confirm(`${requests(total)} of ${operator.crawl} will be deleted.`, flags.yes === true))) {
        outcome.code = 1
        return undefined
      }
      const dropped = await operator.dropDead(choice)
      return { json: { crawl: operator.crawl, dropped }, text: () => `Deleted ${requests(dropped)} of ${operator.crawl}.\n` }
    })
  })
}

function addChoiceOptions(command: Command): Command {
  return addOperateOptions(
    command
      .option('--all', 'all of them')
      .option('--reason <reason>', 'those that died of it')
      .option('--url <text>', 'those with this text in their URL')
      .option('--id <id...>', 'these, as `skein dead list` shows them'),
  )
}

function choiceOf({ reason, url, id }: ChoiceFlags): DeadChoice {
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(url === undefined ? {} : { url }),
    ...(id === undefined ? {} : { ids: id.map((text) => numberOption(text, '--id')) }),
  }
}

/** All of them must be meant: what is forgotten on the command line must not turn a few into all. */
function requiredChoice(flags: ChoiceFlags): DeadChoice {
  const choice = choiceOf(flags)
  if (Object.keys(choice).length > 0 === (flags.all === true))
    throw new UsageError('ERR_ARGUMENT', 'Which of them? Expected --all, or at least one of --id, --url and --reason.')
  return choice
}

function deadText({ total, reasons, letters }: DeadLetterPage, screen: Screen): string {
  const table = screen.table(
    [
      { name: 'id', right: true },
      { name: 'when' },
      { name: 'reason' },
      { name: 'tries', right: true },
      { name: 'url', cut: true },
      { name: 'error', cut: true },
    ],
    letters.map((letter) => [
      String(letter.id),
      new Date(letter.at).toISOString().slice(0, 19).replace('T', ' '),
      letter.reason,
      String(letter.deliveries),
      letter.method === 'GET' ? letter.url : `${letter.method} ${letter.url}`,
      letter.error,
    ]),
  )
  if (!screen.terminal) return table
  const why = Object.entries(reasons)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${grouped(count)} ${reason}`)
  return `${total === 0 ? '' : table}${requests(total)}${why.length > 0 ? `: ${why.join(' · ')}` : ''}\n`
}

const requests = (count: number): string => `${grouped(count)} dead ${count === 1 ? 'request' : 'requests'}`
