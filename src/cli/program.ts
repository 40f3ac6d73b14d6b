import { Command, CommanderError } from 'commander'
import { VERSION } from '../version.ts'
import { addCrawl } from './crawl.ts'
import { addDead } from './dead.ts'
import { addDrain } from './drain.ts'
import { addGen } from './gen.ts'
import { addHosts } from './hosts.ts'
import { addImport } from './import.ts'
import { addInit } from './init.ts'
import { addList } from './list.ts'
import type { Outcome } from './outcome.ts'
import { addPause } from './pause.ts'
import { addPurge } from './purge.ts'
import { addPush } from './push.ts'
import { addResume } from './resume.ts'
import { addRun } from './run.ts'
import { addSettings } from './settings.ts'
import { addStatus } from './status.ts'
import { addStop } from './stop.ts'
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
  const own = [addInit, addGen, addList, addCrawl, addRun, addSettings]
  const ofACrawlOnRedis = [addPush, addStatus, addHosts, addDead, addPause, addResume, addDrain, addStop, addPurge, addImport]
  for (const add of [...own, ...ofACrawlOnRedis, addVersion]) add(program, outcome)
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    // commander has said what is wrong, or shown the help that was asked for
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    throw error
  }
  return outcome.code
}
