import type { ArithmeticOperator, Expression, NodeTest, Step } from './ast.ts'
import { compareValues } from './compare.ts'
import {
  anyExpression,
  booleanExpression,
  type Compiled,
  constantExpression,
  nodesExpression,
  numberExpression,
} from './compiled.ts'
import type { Evaluate } from './frame.ts'
import type { Call } from './functions/function.ts'
import { findFunction } from './functions/library.ts'
import { sortUnique } from './node-set.ts'
import { compilePath } from './path.ts'
import { fixedPosition, listPredicate } from './predicate.ts'
import type { XPathContextNode, XPathVariable } from './types.ts'
import { xpathError } from './xpath-error.ts'

const typeNames = {
  nodes: 'a node-set',
  string: 'a string',
  number: 'a number',
  boolean: 'a boolean',
  any: 'a variable',
} as const

/** Turns a parsed query into closures, its prefixes being bound to `namespaces`. */
export class Compiler {
  readonly #query: string
  readonly #namespaces: Readonly<Record<string, string>>
  #predicateDepth = 0
  #memoSlots = 0

  constructor(query: string, namespaces: Readonly<Record<string, string>>) {
    this.#query = query
    this.#namespaces = namespaces
  }

  /** Compiles one expression. Throws `ERR_SELECTOR` for an unknown prefix or function, or an argument that can never fit. */
  compile(expression: Expression): Compiled {
    switch (expression.kind) {
      case 'literal':
      case 'number':
        return constantExpression(expression.value)
      case 'or':
      case 'and':
        return junction(expression.kind, this.#all(expression.operands))
      case 'compare':
        return comparison(expression.operator, this.compile(expression.left), this.compile(expression.right))
      case 'arithmetic':
        return arithmetic(
          this.compile(expression.first),
          expression.rest.map(([operator, operand]) => [operator, this.compile(operand)]),
        )
      case 'negate': {
        const { number, focus } = this.compile(expression.operand)
        return numberExpression((node, position, size, frame) => -number(node, position, size, frame), focus)
      }
      case 'union':
        return this.#union(expression)
      case 'variable':
        return this.#variable(expression)
      case 'call':
        return this.#call(expression)
      case 'filter':
        return this.#filter(expression)
      case 'path':
        return this.#path(expression)
    }
  }

  #all(expressions: readonly Expression[]): Compiled[] {
    return expressions.map((expression) => this.compile(expression))
  }

  #predicates(predicates: readonly Expression[]): Compiled[] {
    this.#predicateDepth++
    const compiled = this.#all(predicates)
    this.#predicateDepth--
    return compiled
  }

  #uri(prefix: string, at: number): string | null {
    if (prefix === '') return null
    const { [prefix]: uri } = this.#namespaces
    if (uri !== undefined && Object.hasOwn(this.#namespaces, prefix)) return uri
    const known = Object.keys(this.#namespaces).join(', ')
    throw xpathError(
      this.#query,
      at,
      `the prefix "${prefix}" stands for no namespace (known: ${known}); pass namespaces: { ${prefix}: '…' }`,
    )
  }

  #nodes(compiled: Compiled, at: number, what: string): Evaluate<XPathContextNode[]> {
    if (compiled.nodes !== undefined) return compiled.nodes
    throw xpathError(this.#query, at, `${what} must be a node-set, not ${typeNames[compiled.type]}`)
  }

  #union({ operands, places }: Expression & { kind: 'union' }): Compiled {
    const compiled = this.#all(operands)
    const sets = compiled.map((operand, i) => this.#nodes(operand, places[i]!, 'what "|" joins'))
    const nodes: Evaluate<XPathContextNode[]> = (node, position, size, frame) => {
      const joined: XPathContextNode[] = []
      for (const set of sets) for (const found of set(node, position, size, frame)) joined.push(found)
      return sortUnique(joined)
    }
    const exists: Evaluate<boolean> = (node, position, size, frame) =>
      compiled.some((operand) => operand.boolean(node, position, size, frame))
    return nodesExpression(nodes, compiled.some(asksFocus), compiled.some(({ type }) => type === 'any') ? {} : { exists })
  }

  #variable({ name, at }: Expression & { kind: 'variable' }): Compiled {
    const query = this.#query
    const read = (variables: Readonly<Record<string, XPathVariable>>): XPathVariable => {
      const value = Object.hasOwn(variables, name) ? variables[name] : undefined
      if (value === undefined)
        throw xpathError(query, at, `the variable $${name} has no value; pass it, as in xpath(query, { ${name}: … })`)
      if (['string', 'number', 'boolean'].includes(typeof value) || Array.isArray(value)) return value
      throw xpathError(
        query,
        at,
        `$${name} is ${value === null ? 'null' : `of type ${typeof value}`}; a string, a number, a boolean or nodes are possible`,
      )
    }
    return anyExpression(
      (_node, _position, _size, frame) => {
        const value = read(frame.variables)
        if (typeof value !== 'object') return value
        frame.foreign = true
        return sortUnique([...value])
      },
      (_node, _position, _size, frame) => {
        const value = read(frame.variables)
        frame.foreign = true
        if (typeof value === 'object') return sortUnique([...value])
        throw xpathError(query, at, `$${name} is ${typeNames[typeof value as 'string']}, a node-set is needed here`)
      },
    )
  }

  #call({ prefix, local, args, at }: Expression & { kind: 'call' }): Compiled {
    const found = findFunction(this.#uri(prefix, at), local)
    if (typeof found === 'string') throw xpathError(this.#query, at, found)
    const { min, max } = found
    const name = prefix === '' ? local : `${prefix}:${local}`
    if (args.length < min || args.length > max) {
      const wanted = min === max ? `${min}` : max === Number.POSITIVE_INFINITY ? `${min} or more` : `${min} to ${max}`
      throw xpathError(this.#query, at, `${name}() takes ${wanted} argument${wanted === '1' ? '' : 's'}, not ${args.length}`)
    }
    const compiled = this.#all(args)
    const call: Call = {
      args: compiled,
      focus: compiled.some(asksFocus),
      nodes: (index) =>
        this.#nodes(compiled[index]!, at, max === 1 ? `what ${name}() takes` : `argument ${index + 1} of ${name}()`),
      fail: (problem, index) =>
        xpathError(this.#query, at, index === undefined || max === 1 ? problem : `${problem} (argument ${index + 1})`),
    }
    return found.compile(call)
  }

  #filter({ primary, predicates, at }: Expression & { kind: 'filter' }): Compiled {
    const compiled = this.compile(primary)
    const nodes = this.#nodes(compiled, at, 'what a predicate filters')
    const tests = this.#predicates(predicates)
    const narrow = tests.map(listPredicate)
    const place = fixedPosition(tests[0])
    const { take } = compiled
    // (//a)[1] needs no second one
    const begin: Evaluate<XPathContextNode[]> =
      place === null || place < 1 || take === undefined
        ? nodes
        : (node, _position, _size, frame) => take(node, Math.ceil(place), frame)
    return nodesExpression((node, position, size, frame) => {
      let list = begin(node, position, size, frame)
      for (const predicate of narrow) list = predicate(list, frame)
      return list
    }, compiled.focus)
  }

  #path({ start, steps, at }: Expression & { kind: 'path' }): Compiled {
    const begin = typeof start === 'string' ? start : this.compile(start)
    if (typeof begin === 'object') this.#nodes(begin, at, 'what a path starts from')
    const bound = steps.map((step: Step) => ({
      step,
      uri: this.#testUri(step.test),
      predicates: this.#predicates(step.predicates),
    }))
    return compilePath(begin, bound, start === 'root' && this.#predicateDepth > 0 ? this.#memoSlots++ : null)
  }

  #testUri(test: NodeTest): string | null {
    return test.kind === 'name' ? this.#uri(test.prefix, test.at) : null
  }
}

function asksFocus({ focus }: Compiled): boolean {
  return focus
}

function junction(kind: 'or' | 'and', operands: readonly Compiled[]): Compiled {
  const booleans = operands.map(({ boolean }) => boolean)
  const settles = kind === 'or'
  return booleanExpression((node, position, size, frame) => {
    for (const boolean of booleans) if (boolean(node, position, size, frame) === settles) return settles
    return !settles
  }, operands.some(asksFocus))
}

function comparison(operator: Parameters<typeof compareValues>[0], left: Compiled, right: Compiled): Compiled {
  const focus = left.focus || right.focus
  const [single, text] = [left.single, right.constant]
  if (single !== undefined && typeof text === 'string' && (operator === '=' || operator === '!=')) {
    // @class = 'x': no node is made; no attribute is no pair, so both comparisons are false
    const wanted = operator === '='
    return booleanExpression((node, position, size, frame) => {
      const value = single(node, position, size, frame)
      return value !== undefined && (value === text) === wanted
    }, focus)
  }
  return booleanExpression(
    (node, position, size, frame) =>
      compareValues(operator, left.value(node, position, size, frame), right.value(node, position, size, frame)),
    focus,
  )
}

function arithmetic(first: Compiled, rest: readonly (readonly [ArithmeticOperator, Compiled])[]): Compiled {
  return numberExpression(
    (node, position, size, frame) => {
      let total = first.number(node, position, size, frame)
      for (const [operator, { number }] of rest) total = operators[operator](total, number(node, position, size, frame))
      return total
    },
    first.focus || rest.some(([, operand]) => operand.focus),
  )
}

const operators: Readonly<Record<ArithmeticOperator, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  div: (left, right) => left / right,
  // truncating, with the sign of the left side: what % does
  mod: (left, right) => left % right,
}
