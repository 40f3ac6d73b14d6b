import type { html, Token, TreeAdapter, TreeAdapterTypeMap } from 'parse5'
import { newAttributes, noAttributes } from './attributes.ts'
import { type ChildNode, Comment, Document, Element, type Node, type ParentNode, ProcessingInstruction, Text } from './dom.ts'
import { HTML_NAMESPACE } from './html/parse5-codes.ts'

/** What parse5 has to know of our nodes. */
export type LeanTree = TreeAdapterTypeMap<
  Node,
  ParentNode,
  ChildNode,
  Document,
  Document,
  Element,
  Comment,
  Text,
  Element,
  ProcessingInstruction
>

const NO_QUIRKS = 'no-quirks' as html.DOCUMENT_MODE

// of the document being parsed: nobody asks afterwards, and parsing never yields
let documentMode: html.DOCUMENT_MODE = NO_QUIRKS

/** Puts what parse5 builds into lean nodes. The contents of a `<template>` are its children, as in libxml2. */
export const leanTreeAdapter: TreeAdapter<LeanTree> = {
  createDocument() {
    documentMode = NO_QUIRKS
    return new Document('html')
  },
  createDocumentFragment: () => new Document('html'),
  createElement: (name, namespace, attributes) =>
    new Element(name, toRecord(attributes), namespace === HTML_NAMESPACE ? '' : (namespace as string)),
  createCommentNode: (data) => new Comment(data),
  createTextNode: (data) => new Text(data),
  appendChild: append,
  insertBefore,
  detachNode: detach,
  insertText(parent, text) {
    const last = parent.children.at(-1)
    if (last?.type === 'text') last.data += text
    else append(parent, new Text(text))
  },
  insertTextBefore(parent, text, reference) {
    const before = reference.prev
    if (before?.type === 'text') before.data += text
    else insertBefore(parent, new Text(text), reference)
  },
  adoptAttributes(element, attributes) {
    const merged = Object.assign(newAttributes(), element.attribs)
    for (const attribute of attributes) {
      const name = nameOf(attribute)
      if (!(name in merged)) merged[name] = attribute.value
    }
    element.attribs = merged
  },
  setDocumentType(document, name, publicId, systemId) {
    if (document.children.some(isDoctype)) return
    let data = name
    if (publicId) data += ` PUBLIC "${publicId}"${systemId ? ` "${systemId}"` : ''}`
    else if (systemId) data += ` SYSTEM "${systemId}"`
    append(document, new ProcessingInstruction('!doctype', data))
  },
  setDocumentMode(_document, mode) {
    documentMode = mode
  },
  getDocumentMode: () => documentMode,
  setTemplateContent() {},
  getTemplateContent: (template) => template as unknown as Document,
  getFirstChild: (node) => node.children[0] ?? null,
  getChildNodes: (node) => node.children,
  getParentNode: (node) => node.parent,
  getAttrList: (element) => Object.entries(element.attribs).map(([name, value]) => ({ name, value })),
  getTagName: (element) => element.name,
  getNamespaceURI: (element) => (element.namespace === '' ? HTML_NAMESPACE : element.namespace) as html.NS,
  getTextNodeContent: (node) => node.data,
  getCommentNodeContent: (node) => node.data,
  getDocumentTypeNodeName: (node) => node.data,
  getDocumentTypeNodePublicId: () => '',
  getDocumentTypeNodeSystemId: () => '',
  isTextNode: (node): node is Text => node.type === 'text',
  isCommentNode: (node): node is Comment => node.type === 'comment',
  isDocumentTypeNode: (node): node is ProcessingInstruction => isDoctype(node),
  isElementNode: (node): node is Element => node.type === 'tag',
  setNodeSourceCodeLocation() {},
  getNodeSourceCodeLocation: () => null,
  updateNodeSourceCodeLocation() {},
}

function isDoctype(node: Node): boolean {
  return node.type === 'directive'
}

function toRecord(attributes: Token.Attribute[]): Record<string, string> {
  if (attributes.length === 0) return noAttributes
  const record = newAttributes()
  for (const attribute of attributes)
    record[attribute.prefix === undefined ? attribute.name : nameOf(attribute)] = attribute.value
  return record
}

function nameOf({ prefix, name }: Token.Attribute): string {
  return prefix ? `${prefix}:${name}` : name
}

function append(parent: ParentNode, node: ChildNode): void {
  const { children } = parent
  node.parent = parent
  node.next = null
  if (children.length === 0) {
    node.prev = null
    // most elements have one child, and V8 makes room for 17 when one is pushed
    parent.children = [node]
    return
  }
  const last = children[children.length - 1]!
  node.prev = last
  last.next = node
  children.push(node)
}

function insertBefore(parent: ParentNode, node: ChildNode, reference: ChildNode): void {
  // misplaced content goes before a table that is still open, which is nearly always the last child
  parent.children.splice(parent.children.lastIndexOf(reference), 0, node)
  node.parent = parent
  node.prev = reference.prev
  node.next = reference
  if (reference.prev) reference.prev.next = node
  reference.prev = node
}

function detach(node: ChildNode): void {
  const { parent, prev, next } = node
  if (parent === null) return
  if (prev === null) parent.children.shift()
  else parent.children.splice(parent.children.lastIndexOf(node), 1)
  if (prev) prev.next = next
  if (next) next.prev = prev
  node.parent = null
  node.prev = null
  node.next = null
}
