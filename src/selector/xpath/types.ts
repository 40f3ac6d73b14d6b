import type { Node } from '../dom.ts'
import type { AttributeNode } from './attribute-node.ts'

/** Any node XPath knows. A doctype is in the tree but is no XPath node: no step ever selects it. */
export type XPathContextNode = Node | AttributeNode

/** What an expression can give. A node-set is in document order and without duplicates. */
export type XPathValue = XPathContextNode[] | string | number | boolean

/** What a `$name` may stand for. Nodes may come in any order, and twice. */
export type XPathVariable = string | number | boolean | readonly XPathContextNode[]

/** What an expression is evaluated with, beside its context node. */
export interface XPathEnvironment {
  /** The values of `$name`, by name (prefix included). A missing one is an error. */
  readonly variables?: Readonly<Record<string, XPathVariable>>
  /** URI by prefix. `re`, `set` (EXSLT) and `xml` are always there; an entry of the same name replaces the first two. */
  readonly namespaces?: Readonly<Record<string, string>>
  /** What `position()` says outside of any predicate. @default 1 */
  readonly position?: number
  /** What `last()` says outside of any predicate. @default 1 */
  readonly size?: number
}

/** A compiled expression. It keeps no state and may be called for any node, also from inside of another. */
export type XPathExpression = (context: XPathContextNode, environment: XPathEnvironment) => XPathValue
