import { createInterface } from 'node:readline/promises'
import { UsageError } from '../errors.ts'

/**
 * Asks before something is deleted; true when it may be. Where nobody can be asked it throws a UsageError that names `--yes`.
 *
 * @param question what is about to be deleted, as a sentence
 */
export async function confirm(question: string, yes: boolean): Promise<boolean> {
  if (yes) return true
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UsageError('ERR_NOT_CONFIRMED', `${question} Nothing was done: nobody can be asked here. Add --yes to do it.`)
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} Go on? [y/N] `)).trim())
  } catch {
    // Ctrl-D, Ctrl-C
    return false
  } finally {
    terminal.close()
  }
}
