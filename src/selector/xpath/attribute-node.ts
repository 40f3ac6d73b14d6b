import type { Element } from '../dom.ts'

/** The namespace that marks an {@link AttributeNode} as a namespace node (what the `namespace::` axis yields). */
export const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/'

/**
 * An attribute as an XPath result. The tree keeps attributes as plain strings; a node is made only for one that a query selects, so two
 * evaluations give two objects for the same attribute (compare `parent` and `name`). It is a snapshot: later changes of the element do not
 * reach it.
 *
 * A namespace node has the same shape: `name` is the prefix ('' for the default), `value` the URI, `namespace` {@link XMLNS_NAMESPACE}.
 */
export class AttributeNode {
  readonly type = 'attribute'
  /** As written, prefix included. */
  readonly name: string
  readonly value: string
  /** '' for an attribute without prefix. */
  readonly namespace: string
  readonly parent: Element

  constructor(name: string, value: string, namespace: string, parent: Element) {
    this.name = name
    this.value = value
    this.namespace = namespace
    this.parent = parent
  }
}
