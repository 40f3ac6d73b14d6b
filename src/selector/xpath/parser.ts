import { nearest } from '../../util/suggest.ts'
import {
  type ArithmeticOperator,
  type Axis,
  axes,
  type CompareOperator,
  type Expression,
  type NodeTest,
  type Step,
} from './ast.ts'
import { type Token, tokenize } from './lexer.ts'
import { xpathError } from './xpath-error.ts'

/** Parentheses, predicates, arguments and comparisons inside of each other; bounds the stack of everything that walks a query. */
const maxDepth = 200

const nodeTypes: ReadonlySet<string> = new Set(['node', 'text', 'comment', 'processing-instruction'])
const axisNames: ReadonlySet<string> = new Set(axes)
const anyNode: NodeTest = { kind: 'node' }
const descendantsOrSelf: Step = { axis: 'descendant-or-self', test: anyNode, predicates: [] }

/**
 * Parses an XPath 1.0 expression. Throws `ERR_SELECTOR`, with the place, for anything else.
 *
 * @returns the expression, and every prefix that its name tests and functions need
 */
export function parseXPath(query: string): { readonly expression: Expression; readonly prefixes: readonly string[] } {
  const tokens = tokenize(query)
  const prefixes = new Set<string>()
  for (const { kind, prefix } of tokens) if (kind === 'name' && prefix !== '') prefixes.add(prefix)
  return { expression: new Parser(query, tokens).parse(), prefixes: [...prefixes] }
}

class Parser {
  readonly #query: string
  readonly #tokens: readonly Token[]
  #index = 0
  #depth = 0

  constructor(query: string, tokens: readonly Token[]) {
    this.#query = query
    this.#tokens = tokens
  }

  parse(): Expression {
    if (this.#tokens.length === 1) throw xpathError(this.#query, 0, 'the query is empty')
    const expression = this.#expression()
    if (this.#token.kind !== 'end') throw this.#unexpected('an operator or the end')
    return expression
  }

  get #token(): Token {
    return this.#tokens[this.#index]!
  }

  #is(symbol: string): boolean {
    const token = this.#token
    return token.kind === 'symbol' && token.text === symbol
  }

  #accept(symbol: string): boolean {
    if (!this.#is(symbol)) return false
    this.#index++
    return true
  }

  #expect(symbol: string): void {
    if (!this.#accept(symbol)) throw this.#unexpected(`"${symbol}"`)
  }

  #unexpected(expected: string): Error {
    const { kind, at } = this.#token
    const end = this.#tokens[this.#index + 1]?.at ?? at
    const found = kind === 'end' ? 'the end' : JSON.stringify(this.#query.slice(at, end).trim())
    return xpathError(this.#query, at, `expected ${expected}, found ${found}`)
  }

  #deeper(): void {
    if (++this.#depth > maxDepth)
      throw xpathError(this.#query, this.#token.at, `nested more than ${maxDepth} levels deep; split the query`)
  }

  #expression(): Expression {
    this.#deeper()
    const expression = this.#chain('or', () => this.#chain('and', () => this.#equality()))
    this.#depth--
    return expression
  }

  #chain(kind: 'or' | 'and', next: () => Expression): Expression {
    const first = next()
    if (!this.#is(kind)) return first
    const operands = [first]
    while (this.#accept(kind)) operands.push(next())
    return { kind, operands }
  }

  #equality(): Expression {
    return this.#comparison(['=', '!='], () => this.#comparison(['<', '<=', '>', '>='], () => this.#additive()))
  }

  #comparison(operators: readonly CompareOperator[], next: () => Expression): Expression {
    let left = next()
    const depth = this.#depth
    for (;;) {
      const operator = operators.find((symbol) => this.#is(symbol))
      if (operator === undefined) break
      this.#deeper()
      this.#index++
      left = { kind: 'compare', operator, left, right: next() }
    }
    this.#depth = depth
    return left
  }

  #additive(): Expression {
    const operators = { '+': '+', '-': '-' } as const
    return this.#arithmetic(operators, () => this.#arithmetic({ multiply: '*', div: 'div', mod: 'mod' }, () => this.#unary()))
  }

  #arithmetic(operators: Readonly<Record<string, ArithmeticOperator>>, next: () => Expression): Expression {
    const first = next()
    const rest: [ArithmeticOperator, Expression][] = []
    for (;;) {
      const { kind, text } = this.#token
      if (kind !== 'symbol' || !Object.hasOwn(operators, text)) break
      this.#index++
      rest.push([operators[text]!, next()])
    }
    return rest.length === 0 ? first : { kind: 'arithmetic', first, rest }
  }

  #unary(): Expression {
    let signs = 0
    while (this.#accept('-')) signs++
    const operand = this.#union()
    if (signs === 0) return operand
    const negated: Expression = { kind: 'negate', operand }
    return signs % 2 === 1 ? negated : { kind: 'negate', operand: negated }
  }

  #union(): Expression {
    const places = [this.#token.at]
    const first = this.#path()
    if (!this.#is('|')) return first
    const operands = [first]
    while (this.#accept('|')) {
      places.push(this.#token.at)
      operands.push(this.#path())
    }
    return { kind: 'union', operands, places }
  }

  #path(): Expression {
    const at = this.#token.at
    if (!this.#startsPrimary()) return this.#locationPath(at)
    let start = this.#primary()
    if (this.#is('[')) start = { kind: 'filter', primary: start, predicates: this.#predicates(), at }
    const steps: Step[] = []
    this.#moreSteps(steps)
    return steps.length === 0 ? start : { kind: 'path', start, steps, at }
  }

  #startsPrimary(): boolean {
    const { kind, text } = this.#token
    if (kind === 'symbol') return text === '('
    if (kind === 'name') return this.#isCall() && !(nodeTypes.has(text) && this.#token.prefix === '')
    return kind !== 'end'
  }

  #isCall(): boolean {
    const next = this.#tokens[this.#index + 1]!
    return this.#token.kind === 'name' && this.#token.text !== '*' && next.kind === 'symbol' && next.text === '('
  }

  #primary(): Expression {
    const { kind, text, prefix, at } = this.#token
    if (kind === 'name') return this.#call()
    this.#index++
    if (kind === 'literal') return { kind, value: text }
    if (kind === 'number') return { kind, value: Number(text) }
    if (kind === 'variable') return { kind, name: prefix === '' ? text : `${prefix}:${text}`, at }
    const expression = this.#expression()
    this.#expect(')')
    return expression
  }

  #call(): Expression {
    const { text: local, prefix, at } = this.#token
    this.#index += 2
    const args: Expression[] = []
    if (!this.#accept(')')) {
      do args.push(this.#expression())
      while (this.#accept(','))
      if (!this.#accept(')')) throw this.#unexpected('"," or ")"')
    }
    return { kind: 'call', prefix, local, args, at }
  }

  #locationPath(at: number): Expression {
    const steps: Step[] = []
    if (this.#accept('//')) {
      steps.push(descendantsOrSelf, this.#step('a step after "//"'))
      this.#moreSteps(steps)
      return { kind: 'path', start: 'root', steps, at }
    }
    if (this.#accept('/')) {
      if (!this.#startsStep()) return { kind: 'path', start: 'root', steps, at }
      steps.push(this.#step('a step'))
      this.#moreSteps(steps)
      return { kind: 'path', start: 'root', steps, at }
    }
    steps.push(this.#step('an expression'))
    this.#moreSteps(steps)
    return { kind: 'path', start: 'context', steps, at }
  }

  #moreSteps(steps: Step[]): void {
    for (;;) {
      if (this.#accept('//')) steps.push(descendantsOrSelf, this.#step('a step after "//"'))
      else if (this.#accept('/')) steps.push(this.#step('a step after "/"'))
      else return
    }
  }

  #startsStep(): boolean {
    const { kind, text } = this.#token
    return kind === 'name' || (kind === 'symbol' && (text === '@' || text === '.' || text === '..'))
  }

  #step(expected: string): Step {
    if (this.#accept('.')) return this.#abbreviated('self')
    if (this.#accept('..')) return this.#abbreviated('parent')
    const axis = this.#axis()
    const test = this.#nodeTest(axis === 'attribute' ? 'the name of an attribute' : expected)
    return { axis, test, predicates: this.#predicates() }
  }

  #abbreviated(axis: Axis): Step {
    if (this.#is('['))
      throw xpathError(this.#query, this.#token.at, `no predicate may follow "." or ".."; write ${axis}::node()[…]`)
    return { axis, test: anyNode, predicates: [] }
  }

  #axis(): Axis {
    if (this.#accept('@')) return 'attribute'
    const { kind, text, prefix, at } = this.#token
    const next = this.#tokens[this.#index + 1]
    if (kind !== 'name' || next?.kind !== 'symbol' || next.text !== '::') return 'child'
    if (prefix !== '' || !axisNames.has(text)) {
      const near = nearest(text, axes)
      throw xpathError(this.#query, at, `there is no axis "${text}"${near === undefined ? '' : `; did you mean "${near}"?`}`)
    }
    this.#index += 2
    return text as Axis
  }

  #nodeTest(expected: string): NodeTest {
    const { kind, text, prefix, at } = this.#token
    if (kind !== 'name') throw this.#unexpected(expected)
    if (!this.#isCall()) {
      this.#index++
      return { kind: 'name', prefix, local: text, at }
    }
    if (prefix !== '' || !nodeTypes.has(text)) {
      throw xpathError(
        this.#query,
        at,
        `a function cannot be a step; expected a name, or node(), text(), comment() or processing-instruction()`,
      )
    }
    this.#index += 2
    let target: string | null = null
    if (text === 'processing-instruction' && this.#token.kind === 'literal') {
      target = this.#token.text
      this.#index++
    }
    this.#expect(')')
    return text === 'processing-instruction' ? { kind: text, target } : { kind: text as 'node' | 'text' | 'comment' }
  }

  #predicates(): Expression[] {
    const predicates: Expression[] = []
    while (this.#accept('[')) {
      predicates.push(this.#expression())
      if (!this.#accept(']')) throw this.#unexpected('an operator or "]"')
    }
    return predicates
  }
}
