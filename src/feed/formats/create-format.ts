import type { FeedFormat, FormatOptions, TextFormatName } from '../contract.ts'
import { type CsvSurroundings, createCsvFormat } from './csv.ts'
import { createJsonFormat } from './json.ts'
import { createJsonlFormat } from './jsonl.ts'
import { createXmlFormat, type XmlDeclaration } from './xml.ts'

/** The format of that name. */
export function createFormat(
  name: TextFormatName,
  options: FormatOptions = {},
  surroundings: CsvSurroundings & XmlDeclaration = {},
): FeedFormat {
  switch (name) {
    case 'jsonl':
      return createJsonlFormat(options)
    case 'json':
      return createJsonFormat(options)
    case 'csv':
      return createCsvFormat(options, surroundings)
    case 'xml':
      return createXmlFormat(options, surroundings)
  }
}
