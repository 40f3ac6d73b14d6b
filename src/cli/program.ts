import { Command, CommanderError } from 'commander'
import { VERSION } from '../version.ts'
import { addCrawl } from './crawl.ts'
import { addGen } from './gen.ts'
import { addInit } from './init.ts'
import { addList } from './list.ts'
import type { Outcome } from './outcome.ts'
import { addRun } from './run.ts'
import { addSettings } from './settings.ts'
import { addVersion } from './version.ts'

/** Parses the command line and runs the verb it names; resolves with the exit code. */
export async function runProgram(args: readonly string[]): Promise<number> {
  const outcome: Outcome = { code: 0 }
  const program = new Command('skein')
    .description('Crawls the web with spiders written in TypeScript.')
    .usage('<verb> [options]')
    .version(`skein ${VERSION}`, '-V, --version', 'print the version')
    .helpCommand('help [verb]', 'what a verb does, and its options')
    .showHelpAfterError('`skein --help` and `skein help VERB` say what is possible.')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'skein: ')) })
    // inherited by the verbs, which are therefore added after it
    .exitOverride()
  for (const add of [addInit, addGen, addList, addCrawl, addRun, addSettings, addVersion]) add(program, outcome)
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    // commander has said what is wrong, or shown the help that was asked for
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    throw error
  }
  return outcome.code
}
