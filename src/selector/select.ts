import { createRequire } from 'node:module'
import { SkeinError } from '../errors.ts'
import { flatString } from '../util/flat-string.ts'
import { dropNode } from './change-tree.ts'
import { compileCss } from './css.ts'
import type { Node } from './dom.ts'
import { extractRegex } from './regex.ts'
import { type JsonValue, type Match, parseJson, type SelectorContext, startOf } from './selector-context.ts'
import { serialize } from './serialize.ts'
import type { AttributeNode } from './xpath/attribute-node.ts'
import { isDeclaration } from './xpath/names.ts'
import { compileXPath, type XPathEnvironment } from './xpath/xpath.ts'

/** @see Selector.re */
export interface RegexOptions {
  /** Whether `&eacute;` and the like become characters in the results; `&lt;` and `&amp;` never do. @default true */
  replaceEntities?: boolean
}

/** Appends what a CSS selector finds in `match` to `found`. */
export function selectCss(match: Match, context: SelectorContext, query: string, found: Match[]): void {
  const search = compileCss(query, context.kind)
  const start = startOf(match, context, 'css()')
  if (start?.type === 'tag' || start?.type === 'root') append(found, search(start, context.namespaces))
}

/** Appends what an XPath expression gives for `match` to `found`. */
export function selectXPath(
  match: Match,
  context: SelectorContext,
  query: string,
  environment: XPathEnvironment,
  found: Match[],
): void {
  const expression = compileXPath(query)
  const start = startOf(match, context, 'xpath()')
  if (start === undefined) {
    // `.` of a string, number or boolean is itself; there is nothing else to go to
    if (query.trim() === '.') found.push(match)
    return
  }
  const value = expression(start, environment)
  if (typeof value === 'object') append(found, value)
  else found.push(value)
}

let jmespath: { search(data: unknown, query: string): unknown } | undefined

/** Appends what a JMESPath expression gives to `found`: the members of a list one by one, and nothing for null. */
export function selectJmespath(match: Match, context: SelectorContext, query: string, found: Match[]): void {
  jmespath ??= createRequire(import.meta.url)('jmespath') as NonNullable<typeof jmespath>
  let result: JsonValue | undefined
  try {
    result = jmespath.search(jsonOf(match, context) ?? null, query) as JsonValue | undefined
  } catch (cause) {
    throw new SkeinError('ERR_SELECTOR', `JMESPath ${JSON.stringify(query)}: ${(cause as Error).message}`, { cause })
  }
  if (Array.isArray(result)) append(found, result)
  else if (result !== null && result !== undefined) found.push(result)
}

function jsonOf(match: Match, context: SelectorContext): JsonValue | undefined {
  if (typeof match === 'string') return parseJson(match)
  if (context.type === 'json' || context.type === 'text' || typeof match !== 'object') return match as JsonValue | undefined
  const node = match as Node | AttributeNode
  if (node.type === 'attribute') return parseJson(node.value)
  if (node.type !== 'tag' && node.type !== 'root') return parseJson(node.data)
  const first = node.children[0]
  return first?.type === 'text' ? parseJson(first.data) : undefined
}

/** What `get()` gives: nodes and computed values as text, in JSON the value itself. The text keeps no page alive. */
export function contentOf(match: Match, context: SelectorContext): JsonValue | undefined {
  if (context.type === 'json' || context.type === 'text') return match as JsonValue | undefined
  switch (typeof match) {
    case 'string':
      return flatString(match)
    case 'number':
      return pythonNumber(match)
    case 'boolean':
      return match ? '1' : '0'
    case 'undefined':
      return undefined
    default: {
      const node = match as Node | AttributeNode
      if (node.type === 'text') return flatString(node.data)
      return node.type === 'attribute' ? flatString(node.value) : serialize(node, context.kind)
    }
  }
}

/** A number as Python writes it, which is what users of Scrapy get: `count(//li)` is "3.0". */
function pythonNumber(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (Object.is(value, -0)) return '-0.0'
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
  }
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

/** What {@link extractRegex} finds in what `get()` gives; a JSON value is searched as it is written. */
export function matchContent(content: unknown, regex: string | RegExp, { replaceEntities = true }: RegexOptions): string[] {
  if (content === undefined) return []
  return extractRegex(regex, typeof content === 'string' ? content : JSON.stringify(content), replaceEntities)
}

/** The attributes of an element by name as written, without namespace declarations; of anything else none. The values keep no page alive. */
export function attributesOf(match: Match, { type }: SelectorContext): Record<string, string> {
  if ((type !== 'html' && type !== 'xml') || typeof match !== 'object') return {}
  const node = match as Node | AttributeNode
  if (node.type !== 'tag') return {}
  return Object.fromEntries(
    Object.entries(node.attribs)
      .filter(([name]) => !isDeclaration(name, type === 'html'))
      .map(([name, value]) => [name, flatString(value)]),
  )
}

/** Takes an element, comment or processing instruction out of its tree. */
export function dropMatch(match: Match, { type }: SelectorContext): void {
  const node = (type === 'html' || type === 'xml') && typeof match === 'object' ? (match as Node | AttributeNode) : undefined
  if (node === undefined || node.type === 'text' || node.type === 'attribute') {
    throw new SkeinError('ERR_SELECTOR', "only elements can be dropped: select 'li' instead of 'li::text' or '//li/text()'")
  }
  if (!dropNode(node))
    throw new SkeinError('ERR_SELECTOR', 'the root of a page cannot be dropped: there is nothing it could be taken out of')
}

// `push(...many)` puts its arguments on the stack, which a page of 200,000 links does not fit on
function append(found: Match[], more: readonly Match[]): void {
  for (const match of more) found.push(match)
}
