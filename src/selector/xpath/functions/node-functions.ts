import { booleanExpression, type Compiled, nodesExpression, numberExpression, stringExpression } from '../compiled.ts'
import type { Evaluate, Frame } from '../frame.ts'
import { localNameOf, namespaceOf, qualifiedNameOf } from '../names.ts'
import { sortUnique } from '../node-set.ts'
import { stringToNumber } from '../numbers.ts'
import { stringValue } from '../string-value.ts'
import type { XPathContextNode } from '../types.ts'
import { descend } from '../walk.ts'
import { type Call, type FunctionTable, functionTable } from './function.ts'

/** XPath 1.0 §4.1, and of §4.3 and §4.4 what looks at nodes. */
export const nodeFunctions: FunctionTable = functionTable({
  position: { min: 0, max: 0, compile: () => numberExpression((_node, position) => position, true) },
  last: { min: 0, max: 0, compile: () => numberExpression((_node, _position, size) => size, true) },
  count: {
    min: 1,
    max: 1,
    compile(call) {
      const nodes = call.nodes(0)
      return numberExpression((node, position, size, frame) => nodes(node, position, size, frame).length, call.focus)
    },
  },
  sum: {
    min: 1,
    max: 1,
    compile(call) {
      const nodes = call.nodes(0)
      return numberExpression((node, position, size, frame) => {
        let total = 0
        for (const summand of nodes(node, position, size, frame)) total += stringToNumber(stringValue(summand))
        return total
      }, call.focus)
    },
  },
  id: { min: 1, max: 1, compile: compileId },
  name: { min: 0, max: 1, compile: (call) => nameFunction(call, qualifiedNameOf) },
  'local-name': { min: 0, max: 1, compile: (call) => nameFunction(call, (node, frame) => localNameOf(node, frame.html)) },
  'namespace-uri': { min: 0, max: 1, compile: (call) => nameFunction(call, namespaceOf) },
  lang: {
    min: 1,
    max: 1,
    compile(call) {
      const { string } = call.args[0]!
      return booleanExpression(
        (node, position, size, frame) => isLanguage(languageOf(node), string(node, position, size, frame)),
        call.focus,
      )
    },
  },
})

function nameFunction(call: Call, nameOf: (node: XPathContextNode, frame: Frame) => string): Compiled {
  if (call.args.length === 0) return stringExpression((node, _position, _size, frame) => nameOf(node, frame), false)
  const nodes = call.nodes(0)
  return stringExpression((node, position, size, frame) => {
    const first = nodes(node, position, size, frame)[0]
    return first === undefined ? '' : nameOf(first, frame)
  }, call.focus)
}

/**
 * Only `xml:lang` counts, in HTML as well: that is what libxml2 does.
 */
function languageOf(node: XPathContextNode): string {
  let at = node.type === 'attribute' ? node.parent : node
  for (;;) {
    if (at.type === 'tag' && at.attribs['xml:lang'] !== undefined) return at.attribs['xml:lang']
    if (at.parent === null) return ''
    at = at.parent
  }
}

function isLanguage(found: string, wanted: string): boolean {
  const language = found.toLowerCase()
  const prefix = wanted.toLowerCase()
  return found !== '' && language.startsWith(prefix) && (language.length === prefix.length || language[prefix.length] === '-')
}

function compileId(call: Call): Compiled {
  const [argument] = call.args
  const value = argument!.value
  const nodes: Evaluate<XPathContextNode[]> = (node, position, size, frame) => {
    const wanted = value(node, position, size, frame)
    const texts = typeof wanted === 'object' ? wanted.map(stringValue) : [argument!.string(node, position, size, frame)]
    const ids = (frame.ids ??= elementsById(frame))
    const found: XPathContextNode[] = []
    for (const text of texts) {
      for (const id of text.split(/[ \t\r\n]+/)) {
        const element = ids.get(id)
        if (element !== undefined) found.push(element)
      }
    }
    return sortUnique(found)
  }
  return nodesExpression(nodes, call.focus)
}

/**
 * What an id is without a DTD: in HTML `id`, and `name` of a link (an anchor before HTML5, as libxml2 has it), in XML `xml:id`. The first
 * element in document order wins.
 */
function elementsById({ root, html }: Frame): Map<string, XPathContextNode> {
  const ids = new Map<string, XPathContextNode>()
  const add = (id: string | undefined, element: XPathContextNode): void => {
    if (id !== undefined && id !== '' && !ids.has(id)) ids.set(id, element)
  }
  for (let node: Frame['root'] | null = root; node !== null; node = descend(node, root)) {
    if (node.type !== 'tag') continue
    add(html ? node.attribs['id'] : node.attribs['xml:id'], node)
    if (html && node.name === 'a') add(node.attribs['name'], node)
  }
  return ids
}
