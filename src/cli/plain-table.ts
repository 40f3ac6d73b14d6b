import Table from 'cli-table3'
import { escapeControl } from '../log/escape-control.ts'
import { maskCredentials } from '../log/mask-credentials.ts'

/** A table without lines, for cli-table3. */
export const NO_LINES: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
    'middle',
  ].map((name) => [name, '']),
)

/** A column: its name; `right` for numbers; `cut` where it may be cut when the line is too short. */
export interface TableColumn {
  readonly name: string
  readonly right?: true
  readonly cut?: true
}

/** Characters that a column which is cut keeps. */
const LEAST = 12

/**
 * Rows under names, in lines of `room` characters at most; undefined is a pipe or a file, which gets tabs between columns, and nothing is cut. Nothing that a page
 * or a URL says gets through to the terminal as it is.
 */
export function plainTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  room: number | undefined,
): string {
  const cells = [columns.map(({ name }) => name), ...rows].map((row) => row.map(clean))
  if (room === undefined) return cells.map((row) => `${row.join('\t')}\n`).join('')
  const natural = columns.map((_, i) => cells.reduce((most, row) => Math.max(most, row[i]?.length ?? 0), 0))
  const widths = shrink(natural, columns, room)
  const table = new Table({
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 2, 'padding-right': 0 },
    colWidths: widths.map((width) => width + 2),
    colAligns: columns.map(({ right }) => (right === true ? 'right' : 'left')),
  })
  table.push(...cells)
  return `${table.toString().replace(/ +$/gm, '')}\n`
}

/** Takes what is too much from the columns that may be cut, the widest first. */
function shrink(natural: readonly number[], columns: readonly TableColumn[], room: number): number[] {
  const widths = [...natural]
  let over = widths.reduce((sum, width) => sum + width + 2, 0) - room
  while (over > 0) {
    let widest = -1
    for (const [i, column] of columns.entries()) {
      if (column.cut === true && widths[i]! > LEAST && (widest < 0 || widths[i]! > widths[widest]!)) widest = i
    }
    if (widest < 0) break
    widths[widest] = widths[widest]! - 1
    over--
  }
  return widths
}

const clean = (text: string): string => escapeControl(maskCredentials(text))
