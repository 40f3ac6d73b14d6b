import { SkeinError } from '../errors.ts'
import { encodeText } from '../http/encode-text.ts'
import type { FormatOptions, TextFormatName } from './contract.ts'
import { createFormat } from './formats/create-format.ts'

/** How {@link renderItems} writes. */
export interface RenderOptions extends FormatOptions {
  /** Any encoding that iconv-lite knows, or `utf-8-sig`, UTF-8 behind a byte order mark. @default 'utf-8' */
  readonly encoding?: string
}

/**
 * The bytes of a whole feed with these items, in memory: what a test of a spider compares with, or what goes where no file can go. A
 * character that the encoding lacks is a reference in xml (`&#8364;`) and the error `ERR_ENCODING` elsewhere, as for Scrapy.
 *
 * @example
 * Buffer.from(renderItems([{ a: 1 }], 'csv')).toString() // 'a\r\n1\r\n'
 */
export function renderItems(items: Iterable<object>, format: TextFormatName, options: RenderOptions = {}): Uint8Array {
  const marked = /^utf[-_]?8[-_]sig$/i.test(options.encoding ?? '')
  const encoding = marked ? 'utf-8' : (options.encoding ?? 'utf-8')
  const writer = createFormat(format, options, { encoding })
  let text = `${marked ? '\ufeff' : ''}${writer.begin()}`
  let first = true
  for (const item of items) {
    text += writer.item(item, first)
    first = false
  }
  text += writer.end()
  try {
    return encodeText(text, encoding)
  } catch (error) {
    if (format !== 'xml' || !isUnencodable(error)) throw error
    return encodeText(withReferences(text, encoding), encoding)
  }
}

function withReferences(text: string, encoding: string): string {
  let out = ''
  for (const character of text) {
    try {
      encodeText(character, encoding)
      out += character
    } catch (error) {
      if (character <= '\x7f') throw error
      out += `&#${character.codePointAt(0)};`
    }
  }
  return out
}

function isUnencodable(error: unknown): boolean {
  return error instanceof SkeinError && error.code === 'ERR_ENCODING'
}
