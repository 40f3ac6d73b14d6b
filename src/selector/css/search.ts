import type { ChildNode, Element, Node, Text } from '../dom.ts'
import { compareOrder } from '../order.ts'
import { AttributeNode } from '../xpath/attribute-node.ts'
import { attributeNamespace, isDeclaration } from '../xpath/names.ts'
import { afterSubtree, descend } from '../xpath/walk.ts'
import type { Matcher, Run } from './run.ts'

type Match = Element | Text | AttributeNode

/** All elements that match, in document order. `beyond` searches behind the scope too, among the siblings that follow it. */
export function searchElements(run: Run, matches: Matcher, beyond: boolean): Element[] {
  const found: Element[] = []
  for (const top of tops(run, beyond)) {
    for (let node: Node | null = top; node !== null; node = descend(node, top)) {
      if (node.type === 'tag' && matches(node, run)) found.push(node)
    }
  }
  return found
}

/** The texts in the elements that match; `deep`: those inside of elements inside of them too. */
export function searchTexts(run: Run, matches: Matcher, beyond: boolean, deep: boolean): Text[] {
  const found: Text[] = []
  for (const top of tops(run, beyond)) {
    if (deep) {
      for (let node: Node | null = top; node !== null; ) {
        if (node.type === 'tag' && matches(node, run)) {
          const inside: Element = node
          for (let at = descend(inside, inside); at !== null; at = descend(at, inside)) if (at.type === 'text') found.push(at)
          node = node === top ? null : afterSubtree(node, top)
        } else node = descend(node, top)
      }
      continue
    }
    let parent: Node | null = null
    let wanted = false
    for (let node: Node | null = top; node !== null; node = descend(node, top)) {
      if (node.type !== 'text' || node === top) continue
      if (node.parent !== parent) {
        parent = node.parent
        wanted = parent?.type === 'tag' && matches(parent, run)
      }
      if (wanted) found.push(node)
    }
  }
  return found
}

/** The attribute of the elements that match; `deep`: of the elements inside of them too. */
export function searchAttributes(
  run: Run,
  matches: Matcher,
  beyond: boolean,
  { name, deep }: { name: string; deep: boolean },
  html: boolean,
): AttributeNode[] {
  const found: AttributeNode[] = []
  if (isDeclaration(name, html)) return found
  const take = (element: Element): void => {
    const value = element.attribs[name]
    if (value !== undefined) found.push(new AttributeNode(name, value, attributeNamespace(element, name, html), element))
  }
  for (const top of tops(run, beyond)) {
    let inside: Node | null = null
    for (let node: Node | null = top; node !== null; ) {
      if (node.type === 'tag') {
        if (!deep) {
          if (name in node.attribs && matches(node, run)) take(node)
        } else if (matches(node, run)) {
          inside = node
          take(node)
          for (let at = descend(inside, inside); at !== null; at = descend(at, inside)) if (at.type === 'tag') take(at)
          node = inside === top ? null : afterSubtree(inside, top)
          continue
        }
      }
      node = descend(node, top)
    }
  }
  return found
}

/** Lists that are in document order each, as one that is. An element comes before its attributes, and they before what is in it. */
export function mergeInOrder(lists: Match[][]): Match[] {
  const merged = lists.flat()
  return merged
    .sort((a, b) => compareOrder(nodeOf(a), nodeOf(b)) || rank(a) - rank(b))
    .filter((match, i) => i === 0 || !isSame(match, merged[i - 1]!))
}

function nodeOf(match: Match): Element | Text {
  return match.type === 'attribute' ? match.parent : match
}

function rank(match: Match): number {
  return match.type === 'attribute' ? 1 + Object.keys(match.parent.attribs).indexOf(match.name) : 0
}

function isSame(a: Match, b: Match): boolean {
  if (a.type !== 'attribute' || b.type !== 'attribute') return a === b
  return a.parent === b.parent && a.name === b.name
}

function* tops({ scope }: Run, beyond: boolean): Generator<Node> {
  yield scope
  if (!beyond) return
  for (let at: ChildNode | null = scope.next; at !== null; at = at.next) yield at
}
