import { existsSync, readFileSync } from 'node:fs'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { decompress } from 'fzstd'
import { SaxesParser } from 'saxes'

/** The text of a feed, unpacked as its name says. */
export function textOfFeed(path: string): string {
  const bytes = readFileSync(path)
  if (path.endsWith('.gz')) return gunzipSync(bytes).toString()
  if (path.endsWith('.br')) return brotliDecompressSync(bytes).toString()
  return path.endsWith('.zst') ? Buffer.from(decompress(bytes)).toString() : bytes.toString()
}

/** Rows of an SQL query, as JSON values. */
export async function query(sql: string): Promise<Record<string, unknown>[]> {
  const database = await DuckDBInstance.create(':memory:')
  const connection = await database.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson() as Record<string, unknown>[]
  } finally {
    connection.closeSync()
    database.closeSync()
  }
}

/** The `id` of every item of a feed, in order, read by something that refuses what is not whole. */
export async function idsInFeed(path: string): Promise<number[]> {
  if (path.endsWith('.parquet')) return (await query(`select id from '${path}'`)).map(({ id }) => Number(id))
  return idsInText(
    textOfFeed(path),
    path
      .replace(/\.(gz|br|zst)$/, '')
      .split('.')
      .at(-1)!,
  )
}

/** As {@link idsInFeed}; none where there is no file. */
export async function idsIfThere(path: string): Promise<number[]> {
  return existsSync(path) ? idsInFeed(path) : []
}

function idsInText(text: string, format: string): number[] {
  switch (format) {
    case 'jsonl':
      if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end')
      return text
        .split('\n')
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as { id: number }).id)
    case 'json':
      return (JSON.parse(text) as { id: number }[]).map(({ id }) => id)
    case 'csv': {
      if (text === '') return []
      const [header, ...rows] = text.split('\r\n')
      if (!/^id(,|$)/.test(header!) || rows.pop() !== '') throw new Error(`not whole: ${text.slice(-200)}`)
      return rows.map((row) => Number(/^(\d+)(,|$)/.exec(row)![1]))
    }
    case 'xml':
      return idsInXml(text)
    default:
      throw new Error(`no reader of ${format}`)
  }
}

function idsInXml(text: string): number[] {
  const ids: number[] = []
  let within = ''
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name }) => {
    within = name
  })
  parser.on('text', (part) => {
    if (within === 'id') ids.push(Number(part))
    within = ''
  })
  parser.write(text).close()
  return ids
}
