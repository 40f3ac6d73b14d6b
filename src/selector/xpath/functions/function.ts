import type { Compiled } from '../compiled.ts'
import type { Evaluate } from '../frame.ts'
import type { XPathContextNode } from '../types.ts'

/** What a function is told about the place it is called at. */
export interface Call {
  readonly args: readonly Compiled[]
  /** Whether an argument asks for the position of the context, which makes the call ask for it too. */
  readonly focus: boolean
  /** The nodes of an argument; throws `ERR_SELECTOR` when it can never be a node-set. */
  nodes(index: number): Evaluate<XPathContextNode[]>
  /** An `ERR_SELECTOR` about argument `index`, or about the whole call. */
  fail(problem: string, index?: number): Error
}

/** A function of XPath: how many arguments it takes, and how a call of it is compiled. */
export interface XPathFunction {
  readonly min: number
  readonly max: number
  compile(call: Call): Compiled
}

/** Functions by name, without prefix. Has no prototype. */
export type FunctionTable = Readonly<Record<string, XPathFunction>>

/** A table that finds nothing under names like `constructor`. */
export function functionTable(functions: Record<string, XPathFunction>): FunctionTable {
  return Object.assign(Object.create(null) as Record<string, XPathFunction>, functions)
}
