import type { NodeTest } from './ast.ts'
import type { Filter, Frame } from './frame.ts'
import { afterColon } from './names.ts'
import type { XPathContextNode } from './types.ts'
import { isDoctype } from './walk.ts'

/** Which nodes of an axis a step wants, position apart. */
export interface Matcher {
  /** The name, when the test is one without prefix: long walks compare it in place before they call anything. */
  readonly name: string | null
  /** The rest of what `test` checks after the name; null for nothing. */
  readonly filter: Filter | null
  /** The whole test. */
  readonly test: Filter
}

/**
 * The matcher of a node test on an axis of elements, narrowed by `filter`.
 *
 * @param uri what the prefix of a name test stands for, null without prefix
 */
export function elementMatcher(test: NodeTest, uri: string | null, filter: Filter | null): Matcher {
  const name = test.kind === 'name' && uri === null && test.local !== '*' ? test.local : null
  const kind = kindTest(test, uri)
  return { name, filter, test: filter === null ? kind : (node, frame) => kind(node, frame) && filter(node, frame) }
}

function kindTest(test: NodeTest, uri: string | null): Filter {
  switch (test.kind) {
    case 'node':
      return (node) => !isDoctype(node)
    case 'text':
    case 'comment': {
      const { kind } = test
      return (node) => node.type === kind
    }
    case 'processing-instruction': {
      const { target } = test
      return (node) => node.type === 'directive' && !isDoctype(node) && (target === null || node.name === target)
    }
    default:
      return nameTest(test.local, uri)
  }
}

function nameTest(local: string, uri: string | null): Filter {
  if (uri === null) return local === '*' ? (node) => node.type === 'tag' : (node, frame) => hasName(node, local, frame)
  if (local === '*') return (node) => node.type === 'tag' && node.namespace === uri
  return (node) => node.type === 'tag' && node.namespace === uri && afterColon(node.name) === local
}

/** In HTML the namespace of svg and math is ignored, as in libxml2; in XML a name without prefix means no namespace. */
function hasName(node: XPathContextNode, name: string, frame: Frame): boolean {
  return node.type === 'tag' && node.name === name && (frame.html || node.namespace === '')
}
