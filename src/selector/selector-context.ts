import { UsageError } from '../errors.ts'
import type { Document, Element, Node } from './dom.ts'
import { parseHtml } from './html-tree.ts'
import { parseXml } from './xml-tree.ts'
import type { AttributeNode } from './xpath/attribute-node.ts'

/** What a selector works on. */
export type SelectorType = 'html' | 'xml' | 'json' | 'text'

/** What JSON can say. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue }

/** What a selector can stand for: nodes of a tree, what XPath computes, and values from JSON. */
export type Match = Node | AttributeNode | JsonValue | undefined

/** What all selectors of one list have in common. */
export class SelectorContext {
  readonly type: SelectorType
  /** URI by prefix. */
  readonly namespaces: Readonly<Record<string, string>>

  constructor(type: SelectorType, namespaces: Readonly<Record<string, string>>) {
    this.type = type
    this.namespaces = namespaces
  }

  /** The rules by which names in a tree are compared and nodes are written out. */
  get kind(): 'html' | 'xml' {
    return this.type === 'xml' ? 'xml' : 'html'
  }
}

/** The type of a text that does not say: JSON for an object or a list, XML when it begins with an XML declaration, otherwise HTML. */
export function detectType(text: string): SelectorType {
  if (/^[\s\ufeff]*<\?xml\s/.test(text)) return 'xml'
  return /^[\s\ufeff]*[{[]/.test(text) && parseJson(text) !== undefined ? 'json' : 'html'
}

/** The value of a JSON text, undefined when it is none. */
export function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}

/** What a selector on `text` stands for: of a tree the root element (the document when it has none, or several), of JSON the value. */
export function readText(text: string, type: SelectorType): Match {
  switch (type) {
    case 'text':
      return text
    case 'json':
      return parseJson(text)
    default:
      return rootElement(type === 'xml' ? parseXml(text) : parseHtml(text))
  }
}

function rootElement(document: Document): Element | Document {
  const elements = document.children.filter((child) => child.type === 'tag')
  return elements.length === 1 ? elements[0]! : document
}

/** The node that a query begins at; undefined where there is none: JSON's strings are read as HTML, other values of it are refused. */
export function startOf(match: Match, context: SelectorContext, language: string): Node | AttributeNode | undefined {
  if (context.type === 'html' || context.type === 'xml')
    return typeof match === 'object' ? (match as Node | AttributeNode) : undefined
  if (typeof match === 'string') return readText(match, 'html') as Element
  throw new UsageError(
    'ERR_SELECTOR',
    `${language} needs HTML, XML or a text, and this is ${describe(match)} of JSON. Select in it with jmespath().`,
  )
}

function describe(value: Match): string {
  if (value === null || value === undefined) return 'nothing'
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
