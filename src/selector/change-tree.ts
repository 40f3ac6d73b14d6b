import { newAttributes } from './attributes.ts'
import type { Node } from './dom.ts'
import { afterColon, isDeclaration } from './xpath/names.ts'
import { descend } from './xpath/walk.ts'

/** Takes a node out of its tree and joins the texts before and after it; false for a root, which is in no element. */
export function dropNode(node: Node): boolean {
  const { parent, prev, next } = node
  if (node.type === 'root' || parent?.type !== 'tag') return false
  const { children } = parent
  children.splice(children.indexOf(node), 1)
  if (prev) prev.next = next
  if (next) next.prev = prev
  node.parent = null
  node.prev = null
  node.next = null
  if (prev?.type === 'text' && next?.type === 'text') {
    prev.data += next.data
    dropNode(next)
  }
  return true
}

/** Takes prefixes, namespaces and their declarations from all elements and attributes of `top` and inside of it. */
export function stripNamespaces(top: Node): void {
  for (let node: Node | null = top; node !== null; node = descend(node, top)) {
    if (node.type !== 'tag') continue
    if (node.namespace !== '') {
      node.namespace = ''
      node.name = afterColon(node.name)
    }
    if (!Object.keys(node.attribs).some((name) => name.includes(':') || name === 'xmlns')) continue
    const attribs = newAttributes()
    for (const name in node.attribs) if (!isDeclaration(name, false)) attribs[afterColon(name)] = node.attribs[name]!
    node.attribs = attribs
  }
}
