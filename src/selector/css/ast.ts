/** A CSS selector as read. */
export type Combinator = ' ' | '>' | '+' | '~'

/** `a > b c`: compounds with a combinator between each two. */
export interface Complex {
  compounds: Simple[][]
  /** One less than the compounds. */
  combinators: Combinator[]
}

/** What is taken from the elements found. `deep` is `div ::text` (all below) against `div::text` (its own). */
export type PseudoElement = { kind: 'text'; deep: boolean } | { kind: 'attribute'; name: string; deep: boolean }

/** One selector of a comma-separated list. */
export interface CssSelector extends Complex {
  pseudoElement: PseudoElement | undefined
}

export type AttributeOperator = 'exists' | '=' | '!=' | '~=' | '|=' | '^=' | '$=' | '*='

/** One condition on one element. A `prefix` of undefined means none is written, '*' any namespace. */
export type Simple =
  | { kind: 'type'; prefix: string | undefined; name: string | undefined }
  | { kind: 'id'; value: string }
  | { kind: 'class'; value: string }
  | {
      kind: 'attribute'
      prefix: string | undefined
      name: string
      operator: AttributeOperator
      value: string
      ignoreCase: boolean
    }
  | { kind: 'pseudo'; name: string; at: number }
  | { kind: 'nth'; step: number; offset: number; fromEnd: boolean; ofType: boolean }
  | { kind: 'contains' | 'lang'; value: string }
  | { kind: 'is' | 'not'; list: Complex[] }
  | { kind: 'has'; list: Relative[] }

/** An argument of `:has()`: how its first compound relates to the element, then the rest. */
export interface Relative extends Complex {
  lead: Combinator
}
