import { type Continuation, cannotAppend, contentOf, cutAt, type ExistingFile } from './continuation.ts'

const QUOTE = 0x22
const CR = 0x0d
const LF = 0x0a

/** How the rows are written. */
export interface CsvDialect {
  readonly delimiter: string
  readonly lineEnd: string
  /** The first row holds the names of the columns. */
  readonly header: boolean
}

/**
 * How a CSV file goes on: on a new row, with the columns that its first row names. A last row that broke off is cut away: it could be
 * mistaken for a whole one.
 *
 * @throws UsageError `ERR_FEED_APPEND` when that row is compressed.
 */
export async function resumeCsv(file: ExistingFile, dialect: CsvDialect): Promise<Continuation> {
  const scan = new RowScan(dialect.delimiter.charCodeAt(0))
  for await (const chunk of contentOf(file)) scan.push(chunk)
  scan.finish()
  const { firstRow, firstCells, rowStart, cells, quoted, rowIsEmpty } = scan
  const columns = dialect.header && firstRow !== '' ? { columns: cellsOf(firstRow, dialect.delimiter) } : {}
  if (quoted || (!rowIsEmpty && firstCells > 0 && cells < firstCells)) {
    if (file.gzip) throw cannotAppend(file.path, 'its last row broke off, and what is compressed cannot be cut')
    return { ...cutAt(rowStart, file), ...columns }
  }
  if (rowIsEmpty) return { position: file.size, lead: '', ...columns }
  const warning = `the last row of ${file.path} had no line end; it is taken as a whole row`
  return { position: file.size, lead: dialect.lineEnd, warning, ...columns }
}

/** Follows rows, cells and quotes (RFC 4180) to the end of a file. */
export class RowScan {
  /** The text of the first row, without its end. */
  firstRow = ''
  /** Cells of the first row; 0 until it has ended. */
  firstCells = 0
  /** Where the row begins that the file ends in. */
  rowStart = 0
  /** Cells of that row so far. */
  cells = 1
  quoted = false
  rowIsEmpty = true
  readonly #delimiter: number
  #offset = 0
  #cellStart = true
  /** The last byte of the chunk before. */
  #before: number | undefined
  #first: Buffer[] = []

  constructor(delimiter: number) {
    this.#delimiter = delimiter
  }

  push(chunk: Buffer): void {
    const inFirst = this.firstCells === 0
    for (let i = this.#offset === 0 && chunk[0] === 0xef ? 3 : 0; i < chunk.length; i++) {
      const byte = chunk[i]!
      if (byte === QUOTE) {
        // a doubled quote closes and opens again, which is as good as staying inside
        if (this.quoted) this.quoted = false
        else if (this.#cellStart || (i > 0 ? chunk[i - 1] : this.#before) === QUOTE) this.quoted = true
        this.#cellStart = false
        this.rowIsEmpty = false
      } else if (this.quoted) {
        const next = chunk.indexOf(QUOTE, i)
        i = next < 0 ? chunk.length : next - 1
      } else if (byte === LF || byte === CR) {
        this.#endRow(this.#offset + i + 1, chunk, i)
      } else {
        this.rowIsEmpty = false
        this.#cellStart = byte === this.#delimiter
        if (this.#cellStart) this.cells++
      }
    }
    if (inFirst && this.firstCells === 0) this.#first.push(chunk)
    this.#offset += chunk.length
    this.#before = chunk.at(-1)
  }

  /** A first row may be all there is, without an end. */
  finish(): void {
    if (this.firstCells === 0 && !this.rowIsEmpty && !this.quoted) this.firstRow = Buffer.concat(this.#first).toString()
  }

  #endRow(next: number, chunk: Buffer, at: number): void {
    if (this.firstCells === 0 && !this.rowIsEmpty) {
      this.firstCells = this.cells
      this.firstRow = Buffer.concat([...this.#first, chunk.subarray(0, at)]).toString()
      this.#first = []
    }
    this.rowStart = next
    this.cells = 1
    this.rowIsEmpty = true
    this.#cellStart = true
  }
}

/** The cells of one row. */
function cellsOf(row: string, delimiter: string): string[] {
  const cells: string[] = []
  let cell = ''
  let quoted = false
  for (const character of row.replace(/^\ufeff?[\r\n]*/, '')) {
    if (character === '"') {
      quoted = !quoted
      cell += character
    } else if (character === delimiter && !quoted) {
      cells.push(cell)
      cell = ''
    } else {
      cell += character
    }
  }
  cells.push(cell)
  return cells.map((text) => (text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text))
}
