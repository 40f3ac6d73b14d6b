import type { Node } from '../dom.ts'
import type { XPathContextNode, XPathValue, XPathVariable } from './types.ts'

/** What stays the same during one evaluation of a whole expression, and what it may keep for its own duration. */
export interface Frame {
  /** The top of the context node's tree. */
  readonly root: Node
  /** Whether names follow the rules of HTML: a test without prefix then finds an element of any namespace. */
  readonly html: boolean
  readonly variables: Readonly<Record<string, XPathVariable>>
  /** Values of the absolute paths inside of predicates, by slot: they are the same for every node that is tested. */
  readonly memo: (XPathContextNode[] | undefined)[]
  /** What `existence` knows of this tree, by matcher. */
  answers: Map<object, ExistenceAnswer> | null
  /** Whether nodes of other trees are about: those of a variable, or made by `re:match()`. */
  foreign: boolean
  /** Elements by id, made by the first `id()`. */
  ids: Map<string, XPathContextNode> | null
  /**
   * Whether some node of the node-set just made may be inside of another one of it. A step reads it for its input and writes it for its
   * output; only nested sets can leave document order or meet a node twice, so all the others are never sorted.
   */
  nested: boolean
}

/** How often an axis was asked in this evaluation, and the nodes it holds for once that is known. */
export interface ExistenceAnswer {
  walks: number
  nodes: ReadonlySet<XPathContextNode> | null
}

/** Part of a compiled expression. `position` and `size` are those of the innermost predicate. */
export type Evaluate<T extends XPathValue | undefined> = (
  node: XPathContextNode,
  position: number,
  size: number,
  frame: Frame,
) => T

/** Whether a node is wanted, whatever its position. */
export type Filter = (node: XPathContextNode, frame: Frame) => boolean
