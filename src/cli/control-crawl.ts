import type { Command } from 'commander'
import type { ControlChange, ControlWord, CrawlStatus, Operator } from '../operate/contract.ts'
import { grouped } from '../util/grouped.ts'
import { numberOption } from './number-option.ts'
import { addOperateOptions, type OperateFlags, operateCrawl } from './operate-crawl.ts'
import type { Outcome } from './outcome.ts'

/** A verb that tells all workers of a crawl what to do. */
export interface ControlVerb {
  readonly word: ControlWord
  readonly description: string
  /** What has been said to the workers. */
  readonly said: string
  /** When all of them have followed; absent: nothing to wait for. */
  readonly followed?: { readonly what: string; readonly when: (status: CrawlStatus) => boolean }
}

interface ControlFlags extends OperateFlags {
  readonly reason?: string
  readonly wait?: string | true
}

/** Milliseconds between two looks with `--wait`. */
const LOOK_AGAIN = 250

/** Adds such a verb. */
export function addControl(program: Command, outcome: Outcome, { word, description, said, followed }: ControlVerb): void {
  const command = program.command(word).description(description).argument('[crawl]', 'the spider, or <spider>.<job>')
  if (word !== 'resume') command.option('--reason <text>', 'why: `skein status` shows it')
  if (followed !== undefined) command.option('--wait [seconds]', `wait until ${followed.what}; 60 s unless said otherwise`)
  addOperateOptions(command).action((crawl: string | undefined, flags: ControlFlags) => {
    const patience =
      flags.wait === undefined ? 0 : flags.wait === true ? 60 : numberOption(flags.wait, '--wait', { whole: false })
    return operateCrawl(crawl, flags, async (operator) => {
      const change = await operator.control(word, flags.reason)
      const waited =
        followed === undefined || flags.wait === undefined ? undefined : await wait(operator, followed.when, patience)
      if (waited === false) outcome.code = 1
      return {
        json: { ...change, ...(waited === undefined ? {} : { followed: waited }) },
        text: () => `${sentence(change, said)}${waited === undefined ? '' : outcomeOf(waited, followed!.what, patience)}\n`,
      }
    })
  })
}

function sentence({ crawl, before, now, workers, leased }: ControlChange, said: string): string {
  const told =
    workers === 0 ? 'no worker takes part now' : `${workers === 1 ? '1 worker was' : `${grouped(workers)} workers were`} told`
  return `${crawl} ${before === now ? `${said} already` : said}: ${told}, ${grouped(leased)} in flight.`
}

function outcomeOf(followed: boolean, what: string, seconds: number): string {
  return followed ? ` Now ${what}.` : ` Waited ${seconds} s in vain until ${what}.`
}

async function wait(operator: Operator, when: (status: CrawlStatus) => boolean, seconds: number): Promise<boolean> {
  const end = performance.now() + seconds * 1000
  for (;;) {
    if (when(await operator.status(0))) return true
    if (performance.now() >= end) return false
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN))
  }
}
