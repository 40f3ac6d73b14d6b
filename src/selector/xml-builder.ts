import { newAttributes, noAttributes } from './attributes.ts'
import { type ChildNode, Document, Element, type ParentNode, ProcessingInstruction, Text } from './dom.ts'
import { decodeReferences } from './xml-text.ts'

const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace'

/** Makes a tree of what an XML document says piece by piece. */
export class XmlBuilder {
  readonly document: Document = new Document('xml')
  /** The names of the entities that the document declares. */
  readonly entities: Set<string> = new Set()
  #parent: ParentNode = this.document
  /** How many elements of each name are open: an end tag that nothing opened must not search all of them. */
  readonly #open = new Map<string, number>()
  /** What each prefix ('' for none) stands for, the innermost declaration last. */
  readonly #namespaces = new Map<string, string[]>([['xml', [XML_NAMESPACE]]])

  open(name: string, attributes: readonly [string, string][], selfClosing: boolean): void {
    const attribs = attributes.length === 0 ? noAttributes : newAttributes()
    for (const [attribute, value] of attributes) {
      if (attribute in attribs) continue
      const text = decodeReferences(value.replace(/[\t\r\n]/g, ' '), this.entities, () => '')
      attribs[attribute] = text
      const prefix = declaredPrefix(attribute)
      if (prefix === undefined) continue
      const uris = this.#namespaces.get(prefix)
      if (uris === undefined) this.#namespaces.set(prefix, [text])
      else uris.push(text)
    }
    const colon = name.indexOf(':')
    const namespace = this.#namespaces.get(colon < 0 ? '' : name.slice(0, colon))?.at(-1) ?? ''
    const element = new Element(name, attribs, namespace)
    this.append(element)
    if (selfClosing) this.#endNamespaces(element)
    else {
      this.#parent = element
      this.#open.set(name, (this.#open.get(name) ?? 0) + 1)
    }
  }

  close(name: string): void {
    if (!this.#open.get(name)) return
    for (;;) {
      const element = this.#parent as Element
      this.#parent = element.parent!
      this.#open.set(element.name, this.#open.get(element.name)! - 1)
      this.#endNamespaces(element)
      if (element.name === name) return
    }
  }

  /** Text with references in it. */
  text(source: string): void {
    if (this.#parent.type === 'root') return
    let from = 0
    const text = decodeReferences(normalizeLines(source), this.entities, (name, before) => {
      this.#appendText(before.slice(from))
      from = before.length
      this.append(new ProcessingInstruction('!entity', name))
      return ''
    })
    this.#appendText(text.slice(from))
  }

  /** Text that is what it says. */
  literal(source: string): void {
    this.#appendText(normalizeLines(source))
  }

  /** A doctype; one that stands inside of an element is dropped. */
  doctype(data: string): void {
    if (this.#parent.type === 'root') this.append(new ProcessingInstruction('!doctype', data))
  }

  append(node: ChildNode): void {
    const { children } = this.#parent
    const last = children.at(-1)
    node.parent = this.#parent
    if (last !== undefined) {
      last.next = node
      node.prev = last
    }
    children.push(node)
  }

  #appendText(text: string): void {
    if (text === '' || this.#parent.type === 'root') return
    const last = this.#parent.children.at(-1)
    if (last?.type === 'text') last.data += text
    else this.append(new Text(text))
  }

  #endNamespaces(element: Element): void {
    for (const name in element.attribs) {
      const prefix = declaredPrefix(name)
      if (prefix !== undefined) this.#namespaces.get(prefix)?.pop()
    }
  }
}

function declaredPrefix(attribute: string): string | undefined {
  if (!attribute.startsWith('xmlns')) return undefined
  return attribute.length === 5 ? '' : attribute[5] === ':' ? attribute.slice(6) : undefined
}

function normalizeLines(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
}
