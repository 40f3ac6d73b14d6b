import { toBoolean, toNumber, toText } from './convert.ts'
import type { Evaluate } from './frame.ts'
import { numberToString, stringToNumber } from './numbers.ts'
import { stringValue } from './string-value.ts'
import type { XPathContextNode, XPathValue } from './types.ts'

/**
 * An expression as closures, one for each type it may be asked for, so that `[a/b]` stops at the first `b` and `@href = 'x'` makes no
 * node. `type` is what it gives by itself; `any` is a variable, known only when evaluated.
 */
export interface Compiled {
  readonly type: 'nodes' | 'string' | 'number' | 'boolean' | 'any'
  /** Whether it asks for the position or size of its own context. */
  readonly focus: boolean
  readonly value: Evaluate<XPathValue>
  readonly string: Evaluate<string>
  readonly number: Evaluate<number>
  readonly boolean: Evaluate<boolean>
  /** Of an expression that is a fixed string or number. */
  readonly constant?: string | number
  /** Of a node-set: its nodes. Of a variable: the same, or an error when it holds none. */
  readonly nodes?: Evaluate<XPathContextNode[]>
  /** Of a node-set that has one node at most: the text of that node, without making it. */
  readonly single?: Evaluate<string | undefined>
  /** Of a node-set that can stop early: its first `limit` nodes, or more. */
  readonly take?: (node: XPathContextNode, limit: number, frame: Parameters<Evaluate<string>>[3]) => XPathContextNode[]
}

/** An expression that gives a string. */
export function stringExpression(string: Evaluate<string>, focus: boolean): Compiled {
  return {
    type: 'string',
    focus,
    value: string,
    string,
    number: (node, position, size, frame) => stringToNumber(string(node, position, size, frame)),
    boolean: (node, position, size, frame) => string(node, position, size, frame) !== '',
  }
}

/** An expression that gives a number. */
export function numberExpression(number: Evaluate<number>, focus: boolean): Compiled {
  return {
    type: 'number',
    focus,
    value: number,
    string: (node, position, size, frame) => numberToString(number(node, position, size, frame)),
    number,
    boolean: (node, position, size, frame) => toBoolean(number(node, position, size, frame)),
  }
}

/** An expression that gives a boolean. */
export function booleanExpression(boolean: Evaluate<boolean>, focus: boolean): Compiled {
  return {
    type: 'boolean',
    focus,
    value: boolean,
    string: (node, position, size, frame) => (boolean(node, position, size, frame) ? 'true' : 'false'),
    number: (node, position, size, frame) => (boolean(node, position, size, frame) ? 1 : 0),
    boolean,
  }
}

/** An expression that always gives the same. */
export function constantExpression(constant: string | number): Compiled {
  if (typeof constant === 'string') return { ...stringExpression(() => constant, false), constant }
  return { ...numberExpression(() => constant, false), constant }
}

/** An expression that gives a node-set, with the shortcuts it knows. */
export function nodesExpression(
  nodes: Evaluate<XPathContextNode[]>,
  focus: boolean,
  shortcuts: Pick<Compiled, 'single' | 'take'> & { readonly exists?: Evaluate<boolean> } = {},
): Compiled {
  const { single, take } = shortcuts
  const string: Evaluate<string> =
    single !== undefined
      ? (node, position, size, frame) => single(node, position, size, frame) ?? ''
      : (node, position, size, frame) => {
          const first = (take === undefined ? nodes(node, position, size, frame) : take(node, 1, frame))[0]
          return first === undefined ? '' : stringValue(first)
        }
  return {
    type: 'nodes',
    focus,
    value: nodes,
    string,
    number: (node, position, size, frame) => stringToNumber(string(node, position, size, frame)),
    boolean: shortcuts.exists ?? ((node, position, size, frame) => nodes(node, position, size, frame).length > 0),
    nodes,
    ...(single === undefined ? {} : { single }),
    ...(take === undefined ? {} : { take }),
  }
}

/** An expression whose type only its value tells. */
export function anyExpression(value: Evaluate<XPathValue>, nodes: Evaluate<XPathContextNode[]>): Compiled {
  return {
    type: 'any',
    focus: false,
    value,
    string: (node, position, size, frame) => toText(value(node, position, size, frame)),
    number: (node, position, size, frame) => toNumber(value(node, position, size, frame)),
    boolean: (node, position, size, frame) => toBoolean(value(node, position, size, frame)),
    nodes,
  }
}
