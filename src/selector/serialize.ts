import type { Document, Element, Node } from './dom.ts'
import { isDeclaration } from './xpath/names.ts'

/**
 * Writes a node out as lxml does, which is what `get()` gives for an element.
 *
 * HTML: void elements without slash, boolean attributes without value, `&`, `<` and `>` escaped except in `<script>` and `<style>`, URLs
 * in attributes percent-encoded. XML: empty elements as `<a/>`, and the outermost element declares every namespace in scope. A document
 * is its root element, without doctype. Takes no stack, whatever the depth.
 */
export function serialize(node: Node, kind: 'html' | 'xml'): string {
  const writer = kind === 'html' ? htmlWriter : xmlWriter
  let text = ''
  for (let at: Node | null = node; at !== null; ) {
    if (at.type === 'tag' || at.type === 'root') {
      if (at.type === 'tag') text += writer.begin(at, at === node)
      const first: Node | undefined = at.children[0]
      if (first !== undefined) {
        at = first
        continue
      }
      if (at.type === 'tag') text += writer.end(at)
    } else text += writer.leaf(at)
    while (at !== node && at.next === null) {
      at = at.parent as Element | Document
      if (at.type === 'tag') text += writer.end(at)
    }
    at = at === node ? null : at.next
  }
  return text
}

type Leaf = Exclude<Node, Element | Document>

interface Writer {
  begin(element: Element, outermost: boolean): string
  end(element: Element): string
  leaf(node: Leaf): string
}

// What libxml2 2.14 writes without end tag. HTML5 has more of them (source, track, wbr, embed), but parsers ignore those end tags.
const voidElements = new Set('area base basefont br col frame hr img input isindex link meta param'.split(' '))
const booleanAttributes = new Set(
  'checked compact declare defer disabled ismap multiple nohref noresize noshade nowrap readonly selected'.split(' '),
)

const htmlWriter: Writer = {
  begin(element) {
    let text = `<${element.name}`
    for (const name in element.attribs) text += attribute(element, name, element.attribs[name]!)
    return `${text}>`
  },
  // libxml2 also leaves out the end tag of an empty list item, and of nothing else
  end: ({ name, children }) => (voidElements.has(name) || (name === 'li' && children.length === 0) ? '' : `</${name}>`),
  leaf(node) {
    if (node.type === 'text') return isRaw(node.parent) ? node.data : escapeText(node.data)
    if (node.type === 'comment') return `<!--${node.data}-->`
    return node.name === '!doctype' ? '' : `<?${node.name} ${node.data}>`
  },
}

function attribute(element: Element, name: string, value: string): string {
  if (booleanAttributes.has(name)) return ` ${name}`
  const escaped = escapeText(isUrl(element, name) ? encodeUrl(value.trimStart()) : value)
  if (!escaped.includes('"')) return ` ${name}="${escaped}"`
  return escaped.includes("'") ? ` ${name}="${escaped.replaceAll('"', '&quot;')}"` : ` ${name}='${escaped}'`
}

function isUrl({ name: tag }: Element, name: string): boolean {
  return name === 'href' || name === 'src' || name === 'action' || (name === 'name' && tag === 'a')
}

function encodeUrl(url: string): string {
  return url.replace(/[^\x21-\x7e]+/g, (part) => encodeURIComponent(part.replace(/\p{Surrogate}/gu, '\ufffd')))
}

function isRaw(parent: Element | Document | null): boolean {
  return parent?.type === 'tag' && (parent.name === 'script' || parent.name === 'style')
}

function escapeText(text: string): string {
  if (!/[&<>]/.test(text)) return text
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

const xmlWriter: Writer = {
  begin(element, outermost) {
    let declarations = ''
    let attributes = ''
    for (const name in element.attribs) {
      const text = ` ${name}="${escapeXmlAttribute(element.attribs[name]!)}"`
      if (isDeclaration(name, false)) declarations += text
      else attributes += text
    }
    if (outermost) declarations += inherited(element)
    return `<${element.name}${declarations}${attributes}${element.children.length === 0 ? '/>' : '>'}`
  },
  end: ({ name, children }) => (children.length === 0 ? '' : `</${name}>`),
  leaf(node) {
    if (node.type === 'text') return escapeText(node.data).replaceAll('\r', '&#13;')
    if (node.type === 'comment') return `<!--${node.data}-->`
    if (node.name === '!entity') return `&${node.data};`
    return node.name === '!doctype' ? '' : `<?${node.name}${node.data === '' ? '' : ` ${node.data}`}?>`
  },
}

/** The declarations that `element` needs of those around it: first for its own prefix and its attributes', then from the nearest on. */
function inherited(element: Element): string {
  const around = new Map<string, string>()
  for (let at = element.parent; at?.type === 'tag'; at = at.parent) {
    for (const name in at.attribs) {
      if (isDeclaration(name, false) && !around.has(name) && !(name in element.attribs)) around.set(name, at.attribs[name]!)
    }
  }
  if (around.size === 0) return ''
  const used = [
    ...(element.namespace === '' ? [] : [element.name]),
    ...Object.keys(element.attribs).filter((name) => name.includes(':')),
  ]
  const first = used.map(declarationFor).filter((name) => around.has(name))
  return [...new Set([...first, ...around.keys()])].map((name) => ` ${name}="${escapeXmlAttribute(around.get(name)!)}"`).join('')
}

function declarationFor(name: string): string {
  const colon = name.indexOf(':')
  return colon < 0 ? 'xmlns' : `xmlns:${name.slice(0, colon)}`
}

function escapeXmlAttribute(text: string): string {
  return escapeText(text).replace(/["\t\n\r]/g, (character) => (character === '"' ? '&quot;' : `&#${character.charCodeAt(0)};`))
}
