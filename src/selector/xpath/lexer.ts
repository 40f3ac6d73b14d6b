import { xpathError } from './xpath-error.ts'

/**
 * `symbol` is punctuation or an operator (`and`, `or`, `div`, `mod` and the `*` that multiplies included), `name` a name test or the name
 * of a function, axis or node type, `number`, `literal` and `variable` what they say; `end` closes every list.
 */
export interface Token {
  readonly kind: 'symbol' | 'name' | 'number' | 'literal' | 'variable' | 'end'
  /** The symbol, the number as written, the literal's value; of a name what follows the prefix (`*` for any). */
  readonly text: string
  /** Of a name or variable; '' for none. */
  readonly prefix: string
  /** Index in the query. */
  readonly at: number
}

const nameStart =
  'A-Z_a-z\\xC0-\\xD6\\xD8-\\xF6\\xF8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}'
/** NCName of Namespaces in XML 1.0. */
const ncName = `[${nameStart}][${nameStart}\\-.0-9\\xB7\\u0300-\\u036F\\u203F\\u2040]*`
const qualifiedName: RegExp = new RegExp(`(?:(${ncName}):(?!:))?(${ncName}|\\*)`, 'yu')
const variableName: RegExp = new RegExp(`\\$[ \\t\\r\\n]*(?:(${ncName}):)?(${ncName})`, 'yu')
const number = /\d+(?:\.\d*)?|\.\d+/y
const space = /[ \t\r\n]*/y
const symbols = /\/\/|::|\.\.|!=|<=|>=|[()[\]@,/|+\-=<>.]/y

/**
 * Cuts a query into tokens, by the rule of XPath 1.0 §3.7: after an operand `*` multiplies and a name is an operator, elsewhere they are
 * name tests.
 */
export function tokenize(query: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    return pattern.exec(query)
  }
  const push = (kind: Token['kind'], text: string, length: number, prefix = ''): void => {
    tokens.push({ kind, text, prefix, at })
    at += length
  }
  for (;;) {
    at += match(space)![0].length
    if (at >= query.length) break
    const character = query[at]!
    let found: RegExpExecArray | null
    if (character === '"' || character === "'") {
      const end = query.indexOf(character, at + 1)
      if (end < 0) throw xpathError(query, at, `this string has no closing ${character}`)
      push('literal', query.slice(at + 1, end), end + 1 - at)
    } else if ((found = match(number)) !== null) push('number', found[0], found[0].length)
    else if ((found = match(symbols)) !== null) push('symbol', found[0], found[0].length)
    else if (character === '$') {
      found = match(variableName)
      if (found === null) throw xpathError(query, at, 'expected the name of a variable after $')
      push('variable', found[2]!, found[0].length, found[1] ?? '')
    } else if ((found = match(qualifiedName)) !== null) {
      const [whole, prefix, local] = found
      if (endsOperand(tokens.at(-1))) pushOperator(whole)
      else push('name', local!, whole.length, prefix ?? '')
    } else
      throw xpathError(
        query,
        at,
        `${JSON.stringify(String.fromCodePoint(query.codePointAt(at)!))} means nothing here${hint(character)}`,
      )
  }
  push('end', '', 0)
  return tokens

  function pushOperator(name: string): void {
    if (!/^(?:and|or|div|mod|\*)$/.test(name)) {
      throw xpathError(query, at, `expected an operator or the end, found ${JSON.stringify(name)}`)
    }
    push('symbol', name === '*' ? 'multiply' : name, name.length)
  }
}

function endsOperand(token: Token | undefined): boolean {
  if (token === undefined) return false
  return token.kind !== 'symbol' || token.text === ')' || token.text === ']' || token.text === '.' || token.text === '..'
}

function hint(character: string): string {
  if (character === '!') return '; not equal is !=, negation is not(…)'
  if (character === '#') return '; an id is [@id="…"], a class [has-class("…")]'
  if (character === ':') return '; a prefix is a name, and *:name is XPath 2.0 (write *[local-name()="name"])'
  if (character === '&') return '; write "and"'
  return ''
}
