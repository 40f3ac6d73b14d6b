import { SkeinError, UsageError } from '../../errors.ts'
import { createJsonText } from '../../item/json-text.ts'
import { fieldsOf, itemError, plain, refuse } from '../../item/value.ts'
import type { FeedFormat, FormatOptions } from '../contract.ts'
import { type Column, columnsOf } from '../fields.ts'

/** What a CSV feed needs to know beyond its options. */
export interface CsvSurroundings {
  /** The column names that the file has already; no further header is written, and the first item must fit them. */
  readonly columns?: readonly string[]
  /** Hears, once for each, of fields that are left out because they are no columns. */
  readonly warn?: (message: string) => void
}

/** Left-out fields that are told of one by one; a hostile page must not fill memory or the log with names. */
const MAX_TOLD = 20

/**
 * Rows as Python's csv module writes them (RFC 4180: CRLF, quotes doubled). Columns are the `fields`, or the fields of the first item;
 * what later items have beyond them is left out with a warning, as Scrapy does. Without a header and `fields` there are no columns, and
 * each row holds what its item has. Lists of strings are joined by `join`; other lists and
 * nested objects are JSON text; true and false in small letters; null, undefined and NaN are empty cells.
 *
 * @example
 * createCsvFormat().item({ name: 'a,b', tags: ['x', 'y'] }, true) // 'name,tags\r\n"a,b","x,y"\r\n'
 */
export function createCsvFormat(options: FormatOptions = {}, { columns: present, warn }: CsvSurroundings = {}): FeedFormat {
  const { delimiter = ',', join = ',', lineEnd = '\r\n', quote = 'minimal', header = true } = options
  checkDelimiter(delimiter)
  const special = new RegExp(`["\\r\\n${delimiter.replace(/[\\\]^-]/, '\\$&')}]`)
  const json = createJsonText({ ascii: false, indent: 0 })
  const given = columnsOf(options.fields)
  // an empty list means all of them here, as for Scrapy: a row of nothing is no row
  const chosen = given?.length ? given : undefined
  const told = new Set<string>()
  let columns: readonly Column[] | undefined = chosen ?? present?.map((name) => ({ key: name, name }))
  let known = new Set(columns?.map(({ key }) => key))
  let fitted = present === undefined || chosen !== undefined

  function cell(value: unknown): string {
    switch (typeof value) {
      case 'string':
        return value
      case 'number':
        return Number.isFinite(value) ? `${value}` : ''
      case 'boolean':
      case 'bigint':
        return `${value}`
      case 'undefined':
        return ''
      case 'object':
        return value === null ? '' : objectCell(value)
      default:
        return refuse(value)
    }
  }

  function objectCell(value: object): string {
    if (Array.isArray(value)) return value.every((part) => typeof part === 'string') ? value.join(join) : json(value)
    const inner = plain(value)
    return typeof inner === 'object' && inner !== null ? json(inner) : cell(inner)
  }

  function quoted(value: unknown): string {
    const text = cell(value)
    const wanted = quote === 'all' || (quote === 'nonnumeric' && typeof value !== 'number' && typeof value !== 'bigint')
    return wanted || special.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }

  function row(values: readonly unknown[]): string {
    let line = ''
    for (let i = 0; i < values.length; i++) line += i === 0 ? quoted(values[i]) : delimiter + quoted(values[i])
    // a lone empty cell would be an empty line, which readers skip
    return (line === '' && values.length === 1 ? '""' : line) + lineEnd
  }

  function tellOfLeftOut(fields: Record<string, unknown>): void {
    for (const name of Object.keys(fields)) {
      if (known.has(name) || fields[name] === undefined || told.has(name) || told.size >= MAX_TOLD) continue
      told.add(name)
      warn?.(
        `the csv feed has no column "${name}": items came with that field after the columns were settled, and it is left out. Name all columns with the feed's "fields"`,
      )
    }
  }

  function line(item: object): string {
    const fields = fieldsOf(item)
    if (header && columns === undefined) {
      const names = Object.keys(fields)
      if (names.length === 0) throw noColumns()
      columns = names.map((key) => ({ key, name: key }))
      known = new Set(names)
    }
    if (columns === undefined) return row(Object.values(fields))
    if (!fitted) checkFit(fields, known)
    else if (chosen === undefined) tellOfLeftOut(fields)
    const text = row(columns.map(({ key }) => (Object.hasOwn(fields, key) ? fields[key] : undefined)))
    fitted = true
    return text
  }

  return {
    begin: () => '',
    item(item, first) {
      const before = columns
      try {
        const text = line(item)
        return first && header && present === undefined ? row(columns!.map(({ name }) => name)) + text : text
      } catch (error) {
        columns = before
        throw itemError(item, error)
      }
    },
    end: () => '',
  }
}

/** The columns would be none, and all that comes later would be left out. */
function noColumns(): SkeinError {
  return new SkeinError(
    'ERR_FEED_ITEM',
    'an item cannot be written: it has no fields, and a csv feed has the columns of its first item. Name the columns with the feed\'s "fields"',
  )
}

function checkFit(fields: Record<string, unknown>, known: ReadonlySet<string>): void {
  const extra = Object.keys(fields).filter((name) => fields[name] !== undefined && !known.has(name))
  if (extra.length === 0) return
  throw new SkeinError(
    'ERR_FEED_HEADER',
    `the csv file that is appended to has the columns ${list(known)}, and the first item has ${list(extra)} beyond them. ` +
      'Write to another file, replace this one with -O, or name the columns with the feed\'s "fields"',
  )
}

function list(names: Iterable<string>): string {
  return [...names].map((name) => `"${name}"`).join(', ')
}

function checkDelimiter(delimiter: string): void {
  if (delimiter.length === 1 && !/["\r\n]/.test(delimiter)) return
  throw new UsageError(
    'ERR_FEED_DELIMITER',
    `the delimiter of a csv feed is ${JSON.stringify(delimiter)}; it has to be one character other than a quote or a line break`,
  )
}
