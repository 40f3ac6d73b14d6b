import { parseArgs } from 'node:util'
import type { Findings } from './findings.ts'
import type { Row } from './row.ts'
import { rows } from './rows.ts'
import { writeTable } from './write-table.ts'

const HELP = `npm run chaos -- [options]

Runs a crawl of several processes against a real Redis and a real site for each thing that can go wrong, makes it go wrong, and counts
afterwards, from outside: what the site was asked for, the items, the keys, how every process ended.

  --row NAME     only this row (repeatable)
  --times N      every row N times (default 1)
  --list         the rows
  --json         one JSON document on standard output
  --write-docs   write docs/when-things-die.md from what was found
  --no-build     run what is built

Exit code: 0 all rows pass, 1 one does not, 2 wrong usage.
`

/** What the rows found, in their order. */
export interface RowResult {
  readonly row: Row
  readonly runs: readonly (Findings & { readonly seconds: number })[]
}

/** The command line of the matrix. Resolves with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let options: ReturnType<typeof read>
  try {
    options = read(args)
  } catch (error) {
    console.error(`chaos: ${(error as Error).message}\n\n${HELP}`)
    return 2
  }
  const { help, list, json, times, chosen } = options
  if (help) {
    console.log(HELP)
    return 0
  }
  const width = Math.max(...rows.map(({ name }) => name.length))
  if (list) {
    for (const { name, fault } of rows) console.log(`${name.padEnd(width)}  ${fault}`)
    return 0
  }
  const say = (line: string): void => (json ? console.error(line) : console.log(line))
  say(`${'row'.padEnd(width)}  faults   pages   lost  fetched again  committed again      time`)
  const results: RowResult[] = []
  for (const row of chosen) {
    const runs: (Findings & { seconds: number })[] = []
    for (let time = 0; time < times; time++) {
      const started = performance.now()
      const found = await runRow(row, options.showsProgress)
      const seconds = (performance.now() - started) / 1000
      runs.push({ ...found, seconds })
      const { times: faults, pages, lost, fetchedTwice, committedTwice, problems, notes } = found
      const numbers = [
        String(faults).padStart(6),
        String(pages).padStart(6),
        String(lost).padStart(5),
        String(fetchedTwice).padStart(13),
        String(committedTwice).padStart(15),
        `${seconds.toFixed(1)} s`.padStart(8),
      ]
      say(
        `${row.name.padEnd(width)}  ${numbers.join('  ')}  ${problems.length === 0 ? 'ok' : 'FAILED'}${notes.length > 0 ? `  ${notes.join('; ')}` : ''}`,
      )
      for (const problem of problems) say(`${' '.repeat(width)}    ✖ ${problem}`)
    }
    results.push({ row, runs })
  }
  const failed = results.filter(({ runs }) => runs.some(({ problems }) => problems.length > 0))
  const total = results.reduce((sum, { runs }) => sum + runs.length, 0)
  say(
    failed.length === 0
      ? `\n${results.length} rows, ${total} runs: all as they should be`
      : `\n${failed.length} of ${results.length} rows failed: ${failed.map(({ row }) => row.name).join(', ')}`,
  )
  if (json)
    console.log(
      JSON.stringify(
        results.map(({ row: { name, fault }, runs }) => ({ name, fault, runs })),
        undefined,
        2,
      ),
    )
  if (options.writesDocs && failed.length === 0) say(`written: ${writeTable(results)}`)
  return failed.length === 0 ? 0 : 1
}

/** A row that throws has failed like one that finds something wrong. */
async function runRow(row: Row, showsProgress: boolean): Promise<Findings> {
  let last = 0
  const progress = (text: string): void => {
    const now = performance.now()
    if (!showsProgress || now - last < 500) return
    last = now
    process.stderr.write(`\r\x1b[K${row.name}: ${text}`)
  }
  try {
    return await row.run({ progress, short: false })
  } catch (error) {
    return {
      times: 0,
      pages: 0,
      lost: 0,
      fetchedTwice: 0,
      committedTwice: 0,
      problems: [(error as Error).stack ?? String(error)],
      notes: [],
    }
  } finally {
    if (showsProgress) process.stderr.write('\r\x1b[K')
  }
}

function read(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      row: { type: 'string', multiple: true, default: [] },
      times: { type: 'string', default: '1' },
      list: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      'write-docs': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const unknown = values.row.filter((name) => !rows.some((row) => row.name === name))
  if (unknown.length > 0)
    throw new Error(`there is no row ${unknown.join(', ')}. Expected: ${rows.map(({ name }) => name).join(', ')}`)
  const times = Number(values.times)
  if (!Number.isInteger(times) || times < 1) throw new Error(`--times expects a whole number from 1, got ${values.times}`)
  if (values['write-docs'] && values.row.length > 0) throw new Error('--write-docs needs all rows: leave --row out')
  return {
    help: values.help,
    list: values.list,
    json: values.json,
    writesDocs: values['write-docs'],
    times,
    chosen: values.row.length === 0 ? rows : rows.filter(({ name }) => values.row.includes(name)),
    showsProgress: process.stderr.isTTY,
  }
}
