import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { SkeinError, UsageError } from '../errors.ts'
import { parseSeed } from '../frontier/redis/seeds/parse-seed.ts'
import { escapeControl } from '../log/escape-control.ts'
import type { Seed } from '../operate/contract.ts'
import { numberOption } from './number-option.ts'

/** Bad lines that are told of one by one. */
const MAX_BAD_SHOWN = 20

/** What `push` takes about seeds. */
export interface SeedFlags {
  readonly file?: string
  readonly skipBad?: true
  readonly priority?: string
  readonly callback?: string
  readonly meta?: string
  readonly header: readonly string[]
  readonly filter?: true
}

/** Seeds that can be read, and a line for each that cannot. */
export interface ReadSeeds {
  readonly seeds: readonly Seed[]
  readonly bad: readonly string[]
}

/**
 * Reads the seeds of a command line and of a file. All are looked at before the first is pushed: unless `skipBad`, it throws one UsageError
 * that names the lines which are no seeds, and then nothing has been pushed.
 */
export async function readSeeds(given: readonly string[], flags: SeedFlags): Promise<ReadSeeds> {
  const wrap = wrapper(flags)
  const seeds: Seed[] = []
  const bad: string[] = []
  const read = (line: string, where: string): void => {
    try {
      const seed = wrap(line)
      // what a worker would not take is not pushed either
      parseSeed(seed.message)
      seeds.push(seed)
    } catch (error) {
      if (!(error instanceof SkeinError)) throw error
      bad.push(`${where}: ${escapeControl(error.message)}`)
    }
  }
  for (const [i, text] of given.entries()) read(text.trim(), `seed ${i + 1}`)
  if (flags.file !== undefined) {
    let number = 0
    for await (const text of linesOf(flags.file)) {
      number++
      const line = text.trim()
      if (line !== '' && !line.startsWith('#')) read(line, `line ${number}`)
    }
  }
  const shown = bad.length > MAX_BAD_SHOWN ? [...bad.slice(0, MAX_BAD_SHOWN), `and ${bad.length - MAX_BAD_SHOWN} more`] : bad
  if (bad.length > 0 && flags.skipBad !== true) {
    const count = bad.length === 1 ? '1 seed cannot be read' : `${bad.length} seeds cannot be read`
    throw new UsageError(
      'ERR_SEED',
      `${count}, and nothing was pushed (--skip-bad pushes the ${seeds.length} others):\n${shown.map((line) => `  - ${line}`).join('\n')}`,
    )
  }
  return { seeds, bad: shown }
}

/** Makes a message of a line: the line itself, or, when something is said about all of them, JSON. */
function wrapper(flags: SeedFlags): (line: string) => Seed {
  const request: Record<string, unknown> = {}
  const priority =
    flags.priority === undefined ? 0 : numberOption(flags.priority, '--priority', { least: Number.NEGATIVE_INFINITY })
  if (priority !== 0) request['priority'] = priority
  if (flags.callback !== undefined) request['callback'] = flags.callback
  if (flags.filter === true) request['dontFilter'] = false
  if (flags.header.length > 0) request['headers'] = Object.fromEntries(flags.header.map(readHeader))
  const meta = flags.meta === undefined ? undefined : readMeta(flags.meta)
  if (meta === undefined && Object.keys(request).length === 0) return (message) => ({ message })
  return (line) => {
    if (line.startsWith('{')) {
      throw new SkeinError(
        'ERR_SEED',
        'it is a JSON message, and --priority, --callback, --meta, --header and --filter are for URLs: expected them in the message, under "$request".',
      )
    }
    // meta where scrapy-redis has it too, the rest under the one key that is ours
    const extra = Object.keys(request).length === 0 ? {} : { $request: request }
    return { message: JSON.stringify({ url: line, ...(meta === undefined ? {} : { meta }), ...extra }), priority }
  }
}

function readHeader(text: string): [string, string] {
  const at = text.indexOf(':')
  if (at < 1) throw new UsageError('ERR_ARGUMENT', `Expected --header 'Name: value', got ${JSON.stringify(text)}.`)
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}

function readMeta(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // said below
  }
  throw new UsageError('ERR_ARGUMENT', `Expected --meta to be a JSON object such as '{"page": 1}', got ${JSON.stringify(text)}.`)
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const input = file === '-' ? process.stdin : createReadStream(file)
  // a file that is not there says so while the first line is waited for
  const failed = new Promise<never>((_, reject) => input.once('error', reject))
  failed.catch(() => undefined)
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]()
  for (;;) {
    const next = await Promise.race([lines.next(), failed]).catch((cause: Error) => {
      throw new UsageError('ERR_SEED_FILE', `Cannot read ${file}: ${cause.message}`, { cause })
    })
    if (next.done === true) return
    yield next.value
  }
}
