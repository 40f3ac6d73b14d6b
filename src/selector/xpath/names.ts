import type { Element } from '../dom.ts'
import { AttributeNode, XMLNS_NAMESPACE } from './attribute-node.ts'
import type { XPathContextNode } from './types.ts'
import { isDoctype } from './walk.ts'

const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace'
const XLINK_NAMESPACE = 'http://www.w3.org/1999/xlink'

/** What follows the prefix of a name as written in XML. */
export function afterColon(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

/** `name()`: as written. */
export function qualifiedNameOf(node: XPathContextNode): string {
  if (node.type === 'tag' || node.type === 'attribute') return node.name
  return node.type === 'directive' && !isDoctype(node) ? node.name : ''
}

/** `local-name()`. A colon has no meaning in the names of HTML: `<o:p>` there is called `o:p`, and only `xml:` and `xlink:` are prefixes. */
export function localNameOf(node: XPathContextNode, html: boolean): string {
  const name = qualifiedNameOf(node)
  if (node.type === 'directive' || (html && !(node.type === 'attribute' && node.namespace !== ''))) return name
  return afterColon(name)
}

/** `namespace-uri()`. */
export function namespaceOf(node: XPathContextNode): string {
  if (node.type === 'tag') return node.namespace
  return node.type === 'attribute' && node.namespace !== XMLNS_NAMESPACE ? node.namespace : ''
}

/** Whether an attribute as written is a namespace declaration, which XPath does not count among the attributes. */
export function isDeclaration(name: string, html: boolean): boolean {
  return !html && name.startsWith('xmlns') && (name.length === 5 || name[5] === ':')
}

/** The namespace of an attribute from its name as written. */
export function attributeNamespace(element: Element, name: string, html: boolean): string {
  const colon = name.indexOf(':')
  if (colon < 0) return ''
  const prefix = name.slice(0, colon)
  if (prefix === 'xml') return XML_NAMESPACE
  if (html) return prefix === 'xlink' ? XLINK_NAMESPACE : ''
  const declaration = `xmlns:${prefix}`
  for (let at: Element | null = element; at !== null; at = parentElement(at)) {
    const uri = at.attribs[declaration]
    if (uri !== undefined) return uri
  }
  return ''
}

/** The namespace nodes of an element: what is declared on it and around it, and always `xml`. */
export function namespacesInScope(element: Element, html: boolean): AttributeNode[] {
  const byPrefix = new Map([['xml', XML_NAMESPACE]])
  for (let at: Element | null = html ? null : element; at !== null; at = parentElement(at)) {
    for (const name in at.attribs) {
      if (!isDeclaration(name, html)) continue
      const prefix = name.slice(6)
      if (!byPrefix.has(prefix)) byPrefix.set(prefix, at.attribs[name]!)
    }
  }
  const nodes: AttributeNode[] = []
  // xmlns="" takes the default namespace away
  for (const prefix of [...byPrefix.keys()].sort()) {
    const uri = byPrefix.get(prefix)!
    if (uri !== '') nodes.push(new AttributeNode(prefix, uri, XMLNS_NAMESPACE, element))
  }
  return nodes
}

function parentElement(element: Element): Element | null {
  return element.parent?.type === 'tag' ? element.parent : null
}
