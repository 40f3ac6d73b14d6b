import { SkeinError, UsageError } from '../errors.ts'
import { VERSION } from '../version.ts'

/**
 * Runs one command line; resolves with the exit code: 0 finished or shut down in good order, 1 ended by an error, 2 wrong usage, 130 stopped
 * by force. Nothing is imported before it is needed: `skein version` costs little more than Node's own start.
 */
export async function main(args: readonly string[]): Promise<number> {
  // a reader that went away (`skein list | head -1`) is no error of ours
  process.stdout.on('error', ignoreBrokenPipe)
  process.stderr.on('error', ignoreBrokenPipe)

  if (args.length === 1 && /^(version|--version|-V)$/.test(args[0]!)) {
    process.stdout.write(`skein ${VERSION}\n`)
    return 0
  }
  try {
    const { runProgram } = await import('./program.ts')
    return await runProgram(args)
  } catch (error) {
    process.stderr.write(await explain(error))
    return error instanceof UsageError ? 2 : 1
  }
}

/**
 * A mistake of the user, or a Redis, crawl, store or feed that is not as it should be, is told in its own words; anything else with its stack, which
 * whoever mends it will ask for.
 */
async function explain(error: unknown): Promise<string> {
  const { describeError } = await import('../log/describe-error.ts')
  const { maskCredentials } = await import('../log/mask-credentials.ts')
  const plain =
    error instanceof UsageError || (error instanceof SkeinError && /^ERR_(REDIS|CRAWL|JOB|STORE|STORAGE|FEED)_/.test(error.code))
  const text = plain ? error.message : describeError(error).join('\n')
  return `skein: ${maskCredentials(text)}\n`
}

function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
}
