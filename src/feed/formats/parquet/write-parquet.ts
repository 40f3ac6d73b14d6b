import type { ByteWriter } from 'hyparquet-writer'
import { importPeer } from '../../../util/import-peer.ts'
import type { FormatOptions, ParquetType } from '../../contract.ts'
import { valueFor } from './cell.ts'
import { ColumnInference, MAX_COLUMNS, type ParquetColumn } from './infer-columns.ts'
import { cellsIn, givenColumns } from './item-lines.ts'
import { linesOf } from './lines-of.ts'

type Writing = typeof import('hyparquet-writer')
type Value = ReturnType<typeof valueFor> | null

/**
 * A row group is written when it has so many rows, characters or cells: what is in memory at a time, and what a reader can skip. A null
 * is a cell too: 100,000 rows of 2,000 columns, a value in each row, took 2.8 GB.
 */
const GROUP_ROWS = 100_000
const GROUP_SIZE = 32 * 1024 * 1024
const GROUP_CELLS = 4_000_000

/** How the types are called in a parquet schema. */
const SCHEMA = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  // not the converted type JSON: the writer would put the text into quotes, and DuckDB reads it as text anyway
  json: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  double: { type: 'DOUBLE' },
  int64: { type: 'INT64' },
  boolean: { type: 'BOOLEAN' },
  timestamp: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
} as const satisfies Record<ParquetType, object>

/** Loads what writes parquet: `ERR_PEER_MISSING` where it is not installed. */
export function loadParquet(): Promise<Writing> {
  return importPeer('hyparquet-writer', () => import('hyparquet-writer'), 'a parquet feed')
}

/**
 * The columns of a file of item lines: those that the options give, else those that the items have. Where types are not given, the file
 * is read once for them.
 */
export async function columnsIn(
  path: string,
  options: FormatOptions,
  warn: ((message: string) => void) | undefined,
): Promise<readonly ParquetColumn[]> {
  const given = givenColumns(options)
  const found = new ColumnInference()
  if (given === undefined || given.some(({ type }) => type === undefined)) {
    for await (const line of linesOf(path)) found.add(cellsIn(line))
  }
  if (found.leftOut > 0) {
    warn?.(
      `the parquet feed has ${MAX_COLUMNS} columns, and fields of items beyond them are left out. Name the columns with the feed's "fields"`,
    )
  }
  return given?.map(({ key, name, type }) => ({ key, name, type: type ?? found.typeOf(key) })) ?? found.columns()
}

/** The bytes of a parquet file with the items of a file of item lines, one row group in memory at a time. */
export async function* writeParquet(
  path: string,
  columns: readonly ParquetColumn[],
  { ByteWriter, ParquetWriter }: Writing,
): AsyncGenerator<Uint8Array> {
  const writer = new ByteWriter()
  const schema = [
    { name: 'root', num_children: columns.length },
    ...columns.map(({ name, type }) => ({ name, ...SCHEMA[type], repetition_type: 'OPTIONAL' as const })),
  ]
  const file = new ParquetWriter({ writer, schema, createdBy: 'skein' })
  const data: Value[][] = columns.map(() => [])
  let rows = 0
  let size = 0

  function endGroup(): Uint8Array {
    // nothing is awaited: this writer has no flush of its own
    void file.write({ columnData: columns.map(({ name }, i) => ({ name, data: data[i]! })), rowGroupSize: GROUP_ROWS })
    for (const values of data) values.length = 0
    rows = 0
    size = 0
    return taken(writer)
  }

  for await (const line of linesOf(path)) {
    const cells = cellsIn(line)
    for (const [i, { key, type }] of columns.entries()) {
      const cell = cells.get(key)
      data[i]!.push(cell === undefined ? null : (valueFor(cell, type) ?? null))
    }
    size += line.length
    rows++
    if (rows >= GROUP_ROWS || size >= GROUP_SIZE || rows * columns.length >= GROUP_CELLS) yield endGroup()
  }
  if (rows > 0) yield endGroup()
  void file.finish()
  yield taken(writer)
}

/** What has been written; the writer goes on with an empty buffer, and counts on. */
function taken(writer: ByteWriter): Uint8Array {
  const bytes = writer.getBytes().slice()
  writer.index = 0
  return bytes
}
