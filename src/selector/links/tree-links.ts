import { flatString } from '../../util/flat-string.ts'
import type { Document, Element, Node } from '../dom.ts'
import { asciiLower } from '../html/characters.ts'
import type { Meter } from './link-text.ts'

/** A link of a tree: nothing is joined or stripped yet. */
export interface TreeLink {
  readonly element: Element
  readonly value: string
  readonly rel: string | undefined
}

/** Which names count: those of `names`, or all with '*', but none of `denied`. */
export interface NameFilter {
  readonly names: ReadonlySet<string>
  readonly denied: ReadonlySet<string>
}

/** The same for HTML, where names have no case. */
export function lowerCaseNames({ names, denied }: NameFilter): NameFilter {
  const lower = (all: ReadonlySet<string>): ReadonlySet<string> => new Set([...all].map((name) => name.toLowerCase()))
  return { names: lower(names), denied: lower(denied) }
}

/** Whether a tag or attribute of this name counts. */
export function acceptsName({ names, denied }: NameFilter, name: string): boolean {
  return (names.has(name) || names.has('*')) && !denied.has(name)
}

const XHTML = 'http://www.w3.org/1999/xhtml'

/**
 * The links of `root` and everything inside of it, in document order: one for each attribute that counts, in the order of the source.
 * In XML only elements without a namespace or in that of XHTML count.
 *
 * @param searched gets all elements that were looked at
 */
export function treeLinks(
  root: Document | Element,
  kind: 'html' | 'xml',
  tags: NameFilter,
  attributes: NameFilter,
  searched?: Set<Document | Element>,
): TreeLink[] {
  const links: TreeLink[] = []
  for (const element of elementsOf(root)) {
    searched?.add(element)
    const name = kind === 'html' || element.namespace === '' ? element.name : localXhtmlName(element)
    if (name === undefined || !acceptsName(tags, name)) continue
    for (const name in element.attribs) {
      if (acceptsName(attributes, name)) links.push({ element, value: element.attribs[name]!, rel: element.attribs['rel'] })
    }
  }
  return links
}

/** `href` of the first `<base>` that has one, as written. Those inside of a `<template>` or of svg are none. */
export function treeBase(root: Document | Element): string | undefined {
  for (const element of elementsOf(root)) {
    const href = asciiLower(element.name) === 'base' && element.namespace === '' ? element.attribs['href'] : undefined
    if (href !== undefined && !isInTemplate(element)) return href
  }
  return undefined
}

/** String value of an element, with memory of its own. */
export function treeText(element: Element, meter: Meter): string {
  let text = ''
  for (const node of nodesOf(element)) {
    meter.spent++
    if (node.type === 'text') text += node.data
  }
  meter.spent += text.length
  return flatString(text)
}

function localXhtmlName({ name, namespace }: Element): string | undefined {
  return namespace === XHTML ? name.slice(name.indexOf(':') + 1) : undefined
}

function isInTemplate(element: Element): boolean {
  for (let node = element.parent; node?.type === 'tag'; node = node.parent) if (node.name === 'template') return true
  return false
}

function* elementsOf(root: Document | Element): Generator<Element> {
  for (const node of nodesOf(root)) if (node.type === 'tag') yield node
}

/** `root` and what is inside of it, in document order, at any depth without recursion. */
function* nodesOf(root: Document | Element): Generator<Node> {
  let node: Node = root
  for (;;) {
    yield node
    const first: Node | undefined = 'children' in node ? node.children[0] : undefined
    if (first) {
      node = first
      continue
    }
    while (node !== root && node.next === null) node = node.parent!
    if (node === root) return
    node = node.next!
  }
}
