/** The 13 axes of XPath 1.0 §2.2. */
export const axes = [
  'ancestor',
  'ancestor-or-self',
  'attribute',
  'child',
  'descendant',
  'descendant-or-self',
  'following',
  'following-sibling',
  'namespace',
  'parent',
  'preceding',
  'preceding-sibling',
  'self',
] as const

/** The name of an axis. */
export type Axis = (typeof axes)[number]

/** `at` is the index of the construct in the query, for errors that show only when names are bound. */
export type NodeTest =
  | { readonly kind: 'name'; readonly prefix: string; readonly local: string; readonly at: number }
  | { readonly kind: 'node' | 'text' | 'comment' }
  | { readonly kind: 'processing-instruction'; readonly target: string | null }

/** One step of a location path. */
export interface Step {
  readonly axis: Axis
  readonly test: NodeTest
  readonly predicates: readonly Expression[]
}

export type CompareOperator = '=' | '!=' | '<' | '<=' | '>' | '>='
export type ArithmeticOperator = '+' | '-' | '*' | 'div' | 'mod'

/**
 * A parsed expression. Operators that chain (`a or b or c`) hold a list instead of nesting, so that a generated query of thousands of
 * terms stays flat.
 */
export type Expression =
  | { readonly kind: 'or' | 'and'; readonly operands: readonly Expression[] }
  | { readonly kind: 'union'; readonly operands: readonly Expression[]; readonly places: readonly number[] }
  | { readonly kind: 'compare'; readonly operator: CompareOperator; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: 'arithmetic'
      readonly first: Expression
      readonly rest: readonly (readonly [ArithmeticOperator, Expression])[]
    }
  | { readonly kind: 'negate'; readonly operand: Expression }
  | { readonly kind: 'literal'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'variable'; readonly name: string; readonly at: number }
  | {
      readonly kind: 'call'
      readonly prefix: string
      readonly local: string
      readonly args: readonly Expression[]
      readonly at: number
    }
  | { readonly kind: 'filter'; readonly primary: Expression; readonly predicates: readonly Expression[]; readonly at: number }
  | {
      readonly kind: 'path'
      readonly start: 'root' | 'context' | Expression
      readonly steps: readonly Step[]
      readonly at: number
    }
