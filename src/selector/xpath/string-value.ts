import type { Document, Element } from '../dom.ts'
import type { XPathContextNode } from './types.ts'
import { descend } from './walk.ts'

/** XPath 1.0 §5: the text of a node. Of an element or the root, all text inside, joined. */
export function stringValue(node: XPathContextNode): string {
  switch (node.type) {
    case 'text':
    case 'comment':
    case 'directive':
      return node.data
    case 'attribute':
      return node.value
    default:
      return textInside(node)
  }
}

function textInside(top: Element | Document): string {
  const { children } = top
  if (children.length === 0) return ''
  if (children.length === 1 && children[0]!.type === 'text') return children[0]!.data
  let text = ''
  for (let node = descend(top, top); node !== null; node = descend(node, top)) if (node.type === 'text') text += node.data
  return text
}
