import { UsageError } from '../../errors.ts'
import { fieldsOf, itemError, MAX_DEPTH, plain, refuse, refuseDepth } from '../../item/value.ts'
import type { FeedFormat, FormatOptions } from '../contract.ts'
import { columnsOf } from '../fields.ts'

const NAME_START =
  'A-Z_a-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u200c\\u200d\\u2070-\\u218f\\u2c00-\\u2fef\\u3001-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufffd'
// XML 1.0 Name without the colon: a prefix that nobody declared is an error to readers that know namespaces
const NAME = new RegExp(`^[${NAME_START}][${NAME_START}.0-9\\u00b7\\u0300-\\u036f\\u203f\\u2040-]*$`)

const SPECIAL = /[&<>\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g
const SPECIAL_IN_ATTRIBUTE = /[&<>"\t\n\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g
const MAX_NAMES = 1000

/** What the declaration says beyond the options. */
export interface XmlDeclaration {
  /** @default 'utf-8' */
  readonly encoding?: string
}

/**
 * An element an item, an element a field, `<value>` for each part of a list, laid out as Scrapy's XML feed. It is well-formed whatever
 * the items hold, which Scrapy's is not: a field whose name is no XML name becomes `<field name="…">`, and characters that XML 1.0
 * cannot hold at all (most control characters) become U+FFFD. True and false are in small letters, null is an empty element.
 *
 * @example
 * createXmlFormat().item({ tags: ['a', 'b'] }, true) // '<item><tags><value>a</value><value>b</value></tags></item>'
 */
export function createXmlFormat(options: FormatOptions = {}, { encoding = 'utf-8' }: XmlDeclaration = {}): FeedFormat {
  const { rootElement = 'items', itemElement = 'item' } = options
  checkName(rootElement, 'rootElement')
  checkName(itemElement, 'itemElement')
  const columns = columnsOf(options.fields)
  const indent = Math.max(0, options.indent ?? 0)
  const itemEnd = options.indent === undefined ? '' : '\n'
  const lineBreak = indent === 0 ? '' : '\n'
  const tags = new Map<string, readonly [open: string, close: string]>()

  function margin(depth: number): string {
    return indent === 0 ? '' : ' '.repeat(indent * depth)
  }

  function tagsOf(name: string): readonly [open: string, close: string] {
    let pair = tags.get(name)
    if (pair === undefined) {
      pair = NAME.test(name)
        ? [`<${name}>`, `</${name}>`]
        : [`<field name="${name.replace(SPECIAL_IN_ATTRIBUTE, escapeCharacter)}">`, '</field>']
      if (tags.size < MAX_NAMES) tags.set(name, pair)
    }
    return pair
  }

  function content(value: unknown, depth: number): string {
    switch (typeof value) {
      case 'string':
        return value.replace(SPECIAL, escapeCharacter)
      case 'number':
        return Number.isFinite(value) ? `${value}` : ''
      case 'boolean':
      case 'bigint':
        return `${value}`
      case 'undefined':
        return ''
      case 'object':
        return value === null ? '' : container(value, depth)
      default:
        return refuse(value)
    }
  }

  function container(value: object, depth: number): string {
    if (depth > MAX_DEPTH) refuseDepth()
    const inner = Array.isArray(value) ? value : plain(value)
    if (typeof inner !== 'object' || inner === null) return content(inner, depth)
    let out = lineBreak
    if (Array.isArray(inner)) for (const part of inner) out += field('value', part, depth + 1)
    else for (const [name, part] of Object.entries(inner)) if (part !== undefined) out += field(name, part, depth + 1)
    return out + margin(depth)
  }

  function field(name: string, value: unknown, depth: number): string {
    const [open, close] = tagsOf(name)
    return margin(depth) + open + content(value, depth) + close + lineBreak
  }

  function fields(item: object): string {
    const source = fieldsOf(item)
    let out = ''
    if (columns === undefined) {
      for (const name of Object.keys(source)) if (source[name] !== undefined) out += field(name, source[name], 2)
      return out
    }
    for (const { key, name } of columns) {
      const value = Object.hasOwn(source, key) ? source[key] : undefined
      if (value !== undefined || options.emptyFields) out += field(name, value, 2)
    }
    return out
  }

  return {
    begin: () => `<?xml version="1.0" encoding="${encoding}"?>\n<${rootElement}>${itemEnd}`,
    item(item) {
      try {
        return `${margin(1)}<${itemElement}>${lineBreak}${fields(item)}${margin(1)}</${itemElement}>${itemEnd}`
      } catch (error) {
        throw itemError(item, error)
      }
    },
    end: () => `</${rootElement}>`,
  }
}

function escapeCharacter(character: string): string {
  switch (character) {
    case '&':
      return '&amp;'
    case '<':
      return '&lt;'
    case '>':
      return '&gt;'
    case '"':
      return '&quot;'
    // readers turn these into spaces or line feeds unless they are written as references
    case '\r':
    case '\n':
    case '\t':
      return `&#${character.charCodeAt(0)};`
    default:
      return '\ufffd'
  }
}

function checkName(name: string, option: string): void {
  if (NAME.test(name)) return
  throw new UsageError(
    'ERR_FEED_ELEMENT',
    `the feed option ${option} is ${JSON.stringify(name)}, which is no name for an XML element`,
  )
}
