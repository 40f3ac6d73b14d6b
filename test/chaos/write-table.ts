import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RowResult } from './main.ts'

const PAGE = join(import.meta.dirname, '../../docs/when-things-die.md')
const BEGIN = '<!-- written by `npm run chaos -- --write-docs` -->'
const END = '<!-- end of what was written -->'

/** Writes the table of what was done and found into its page, between two marks. Returns the page's path. */
export function writeTable(results: readonly RowResult[]): string {
  const page = readFileSync(PAGE, 'utf8')
  const from = page.indexOf(BEGIN)
  const to = page.indexOf(END)
  if (from === -1 || to < from) throw new Error(`${PAGE} has lost the marks that the table stands between: ${BEGIN} and ${END}`)
  writeFileSync(PAGE, `${page.slice(0, from + BEGIN.length)}\n\n${table(results)}\n\n${page.slice(to)}`)
  return PAGE
}

/** As biome and prettier leave it: columns of equal width. */
function table(results: readonly RowResult[]): string {
  const head = [
    'what dies',
    'what happens to the crawl',
    'how it is made',
    'faults',
    'pages',
    'lost',
    'fetched again',
    'committed again',
  ]
  const body = results.map(({ row, runs }) => {
    const sum = (of: (run: RowResult['runs'][number]) => number): string =>
      String(runs.reduce((total, run) => total + of(run), 0))
    return [
      row.fault,
      row.outcome,
      `${row.injected} (\`${row.name}\`)`,
      sum(({ times }) => times),
      sum(({ pages }) => pages),
      sum(({ lost }) => lost),
      sum(({ fetchedTwice }) => fetchedTwice),
      sum(({ committedTwice }) => committedTwice),
    ]
  })
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i < 3 ? '---' : '---:'))), ...body.map(line)].join('\n')
}
