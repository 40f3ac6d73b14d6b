import type { FormatOptions, TextFormatName } from '../contract.ts'
import type { Continuation, ExistingFile } from './continuation.ts'
import { resumeCsv } from './csv.ts'
import { resumeJson } from './json.ts'
import { resumeJsonl } from './jsonl.ts'
import { resumeXml } from './xml.ts'

/** How the document in a file goes on; undefined when it holds nothing and is written anew. Fails with `ERR_FEED_APPEND`. */
export async function resumeFeed(
  file: ExistingFile,
  format: TextFormatName,
  options: FormatOptions,
): Promise<Continuation | undefined> {
  const { delimiter = ',', lineEnd = '\r\n', header = true, rootElement = 'items', itemElement = 'item' } = options
  const indent = Math.max(0, options.indent ?? 0)
  if (file.size === 0) return undefined
  switch (format) {
    case 'jsonl':
      return resumeJsonl(file)
    case 'json':
      return resumeJson(file)
    case 'csv':
      return resumeCsv(file, { delimiter, lineEnd, header })
    case 'xml':
      return resumeXml(file, { rootElement, itemElement, indent })
  }
}
