import type { NodeTest } from './ast.ts'
import { AttributeNode } from './attribute-node.ts'
import type { Filter, Frame } from './frame.ts'
import { afterColon, attributeNamespace, isDeclaration, namespacesInScope } from './names.ts'
import type { XPathContextNode } from './types.ts'

/** What a step along `attribute::` or `namespace::` does; nodes are made for what matches only. */
export interface AttributeTest {
  /** The name, when it is one without prefix and no predicate follows: its text can then be read without making a node. */
  readonly name: string | null
  /** Appends the matching nodes of one element, in document order. */
  collect(node: XPathContextNode, frame: Frame, out: XPathContextNode[]): void
}

/**
 * @param uri what the prefix of a name test stands for, null without prefix
 * @param filter what else a node must pass, null for nothing
 */
export function attributeTest(
  axis: 'attribute' | 'namespace',
  test: NodeTest,
  uri: string | null,
  filter: Filter | null,
): AttributeTest {
  if (axis === 'namespace') return { name: null, collect: collectNamespaces(test, uri, filter) }
  if (test.kind !== 'name') return { name: null, collect: test.kind === 'node' ? collectMatching(() => true, filter) : () => {} }
  const { local } = test
  if (local === '*' && uri === null) return { name: null, collect: collectMatching(() => true, filter) }
  if (uri !== null) {
    const wanted = (attribute: AttributeNode): boolean =>
      attribute.namespace === uri && (local === '*' || afterColon(attribute.name) === local)
    return { name: null, collect: collectMatching(wanted, filter) }
  }
  return { name: filter === null ? local : null, collect: collectNamed(local, filter) }
}

/** The text of an attribute by its name without prefix; undefined when there is none, or when XPath counts it as a declaration. */
export function attributeText(node: XPathContextNode, name: string, frame: Frame): string | undefined {
  if (node.type !== 'tag' || (name === 'xmlns' && !frame.html)) return undefined
  return node.attribs[name]
}

function collectNamed(name: string, filter: Filter | null): AttributeTest['collect'] {
  return (node, frame, out) => {
    const value = attributeText(node, name, frame)
    if (value === undefined || node.type !== 'tag') return
    const attribute = new AttributeNode(name, value, '', node)
    if (filter === null || filter(attribute, frame)) out.push(attribute)
  }
}

function collectMatching(wanted: (attribute: AttributeNode) => boolean, filter: Filter | null): AttributeTest['collect'] {
  return (node, frame, out) => {
    if (node.type !== 'tag') return
    for (const name in node.attribs) {
      if (isDeclaration(name, frame.html)) continue
      const attribute = new AttributeNode(name, node.attribs[name]!, attributeNamespace(node, name, frame.html), node)
      if (wanted(attribute) && (filter === null || filter(attribute, frame))) out.push(attribute)
    }
  }
}

function collectNamespaces(test: NodeTest, uri: string | null, filter: Filter | null): AttributeTest['collect'] {
  return (node, frame, out) => {
    if (node.type !== 'tag' || (test.kind !== 'name' && test.kind !== 'node')) return
    for (const namespace of namespacesInScope(node, frame.html)) {
      if (test.kind === 'name' && (uri !== null || (test.local !== '*' && test.local !== namespace.name))) continue
      if (filter === null || filter(namespace, frame)) out.push(namespace)
    }
  }
}
