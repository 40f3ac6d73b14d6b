import type { AttributeOperator, Combinator, Complex, CssSelector, PseudoElement, Relative, Simple } from './ast.ts'
import { parseNth } from './nth.ts'
import { Scanner } from './scanner.ts'

const NESTING = 64

/**
 * Reads a comma-separated list of selectors: CSS Selectors level 3, `:is()`, `:where()`, `:has()` and lists in `:not()` of level 4, and
 * the extensions of Python's cssselect and parsel: `[a!=b]`, `:contains()`, `::text`, `::attr()`.
 *
 * @throws SkeinError `ERR_SELECTOR`, with the place and what was expected there
 */
export function parseCss(query: string): CssSelector[] {
  const scanner = new Scanner(query)
  const selectors: CssSelector[] = []
  do selectors.push(parseSelector(scanner))
  while (scanner.take(','))
  if (!scanner.atEnd) scanner.fail('a selector')
  return selectors
}

function parseSelector(scanner: Scanner): CssSelector {
  scanner.blank()
  if (/[>+~]/.test(scanner.peek())) scanner.fail('a selector (to begin at the element itself, write :scope first)')
  const complex = parseComplex(scanner, 0)
  const pseudoElement = parsePseudoElement(scanner, complex)
  scanner.blank()
  return { ...complex, pseudoElement }
}

function parseComplex(scanner: Scanner, depth: number): Complex {
  if (depth > NESTING) scanner.fail(`at most ${NESTING} pseudo-classes inside of each other`)
  scanner.blank()
  const compounds = [parseCompound(scanner, depth)]
  const combinators: Combinator[] = []
  for (;;) {
    const blank = scanner.blank()
    const combinator = parseCombinator(scanner)
    if (combinator === undefined && (!blank || /^[,)]?$/.test(scanner.peek()))) break
    scanner.blank()
    combinators.push(combinator ?? ' ')
    compounds.push(parseCompound(scanner, depth))
  }
  return { compounds, combinators }
}

function parseCombinator(scanner: Scanner): Combinator | undefined {
  for (const combinator of ['>', '+', '~'] as const) if (scanner.take(combinator)) return combinator
  return undefined
}

function parseCompound(scanner: Scanner, depth: number): Simple[] {
  const from = scanner.at
  const simples: Simple[] = []
  const type = parseType(scanner)
  if (type) simples.push(type)
  for (;;) {
    if (scanner.take('#')) simples.push({ kind: 'id', value: scanner.name('an id') })
    else if (scanner.take('.')) simples.push({ kind: 'class', value: scanner.identifier('the name of a class') })
    else if (scanner.take('[')) simples.push(parseAttribute(scanner))
    else if (scanner.peek() === ':' && !isPseudoElement(scanner)) simples.push(parsePseudoClass(scanner, depth))
    else break
  }
  if (scanner.at === from && scanner.peek() !== ':') scanner.fail('a selector')
  return simples
}

function parseType(scanner: Scanner): Simple | undefined {
  const first = scanner.take('*') ? '*' : scanner.tryIdentifier()
  if (scanner.peek() === '|' && scanner.text.charAt(scanner.at + 1) !== '=') {
    scanner.take('|')
    const name = scanner.take('*') ? undefined : scanner.identifier('the name of an element or *')
    return { kind: 'type', prefix: first, name }
  }
  return first === undefined ? undefined : { kind: 'type', prefix: undefined, name: first === '*' ? undefined : first }
}

function parseAttribute(scanner: Scanner): Simple {
  scanner.blank()
  let prefix: string | undefined
  let name: string | undefined
  if (scanner.take('*')) {
    prefix = '*'
    if (!scanner.take('|')) scanner.fail('| after * in an attribute selector')
  } else if (!scanner.take('|')) {
    name = scanner.identifier('the name of an attribute')
    if (scanner.peek() === '|' && scanner.text.charAt(scanner.at + 1) !== '=') {
      scanner.take('|')
      prefix = name
      name = undefined
    }
  }
  name ??= scanner.identifier('the name of an attribute')
  scanner.blank()
  if (scanner.take(']')) return { kind: 'attribute', prefix, name, operator: 'exists', value: '', ignoreCase: false }
  const operator = parseOperator(scanner)
  scanner.blank()
  const value = scanner.tryString() ?? scanner.tryIdentifier() ?? scanner.fail('a string in quotes or an identifier')
  scanner.blank()
  const flag = scanner.tryIdentifier()?.toLowerCase()
  scanner.blank()
  if ((flag !== undefined && flag !== 'i' && flag !== 's') || !scanner.take(']')) scanner.fail(']')
  return { kind: 'attribute', prefix, name, operator, value, ignoreCase: flag === 'i' }
}

function parseOperator(scanner: Scanner): AttributeOperator {
  for (const operator of ['=', '!=', '~=', '|=', '^=', '$=', '*='] as const) if (scanner.take(operator)) return operator
  return scanner.fail('] or one of = != ~= |= ^= $= *=')
}

function parsePseudoClass(scanner: Scanner, depth: number): Simple {
  const at = scanner.at
  scanner.take(':')
  const name = scanner.identifier('the name of a pseudo-class').toLowerCase()
  if (!scanner.take('(')) return { kind: 'pseudo', name, at }
  scanner.blank()
  const simple = parseFunction(scanner, name, at, depth)
  scanner.blank()
  if (!scanner.take(')')) scanner.fail(')')
  return simple
}

function parseFunction(scanner: Scanner, name: string, at: number, depth: number): Simple {
  switch (name) {
    case 'not':
      return { kind: 'not', list: parseList(scanner, () => parseComplex(scanner, depth + 1)) }
    case 'is':
    case 'where':
    case 'matches':
      return { kind: 'is', list: parseList(scanner, () => parseComplex(scanner, depth + 1)) }
    case 'has':
      return { kind: 'has', list: parseList(scanner, () => parseRelative(scanner, depth + 1)) }
    case 'contains':
    case 'lang':
      return { kind: name, value: scanner.tryString() ?? scanner.identifier('a string in quotes or an identifier') }
    case 'nth-child':
    case 'nth-last-child':
    case 'nth-of-type':
    case 'nth-last-of-type':
      return { kind: 'nth', ...parseNth(scanner), fromEnd: name.includes('last'), ofType: name.endsWith('type') }
    default:
      scanner.at = at
      return scanner.fail(`a known pseudo-class (:${name}() is none)`)
  }
}

function parseRelative(scanner: Scanner, depth: number): Relative {
  scanner.blank()
  const lead = parseCombinator(scanner) ?? ' '
  return { lead, ...parseComplex(scanner, depth) }
}

function parseList<T extends Complex>(scanner: Scanner, parse: () => T): T[] {
  const list: T[] = []
  do {
    const complex = parse()
    if (isPseudoElement(scanner)) scanner.fail(') (a pseudo-element cannot be inside of a pseudo-class)')
    list.push(complex)
  } while (scanner.take(','))
  return list
}

// CSS 2 wrote four pseudo-elements with one colon
function isPseudoElement(scanner: Scanner): boolean {
  return (
    scanner.peek() === ':' &&
    /^:(?::|(?:first-line|first-letter|before|after)\b)/i.test(scanner.text.slice(scanner.at, scanner.at + 16))
  )
}

function parsePseudoElement(scanner: Scanner, complex: Complex): PseudoElement | undefined {
  if (!isPseudoElement(scanner)) return undefined
  const at = scanner.at
  const known = '::text or ::attr(name)'
  if (!scanner.take('::')) scanner.fail(known)
  const name = scanner.identifier(known).toLowerCase()
  const call = scanner.take('(')
  const deep = takeDeep(complex)
  let pseudoElement: PseudoElement
  if (name === 'text' && !call) pseudoElement = { kind: 'text', deep }
  else if (name === 'attr' && call) {
    scanner.blank()
    pseudoElement = {
      kind: 'attribute',
      name: scanner.tryString() ?? scanner.identifier('the name of an attribute (in quotes when it has a colon)'),
      deep,
    }
    scanner.blank()
    if (!scanner.take(')')) scanner.fail(') (::attr() takes one name, in quotes when it has a colon)')
  } else {
    scanner.at = at
    return scanner.fail(known)
  }
  const end = scanner.at
  scanner.blank()
  if (!scanner.atEnd && scanner.peek() !== ',') {
    scanner.at = end
    scanner.fail(`a comma or the end after ::${name}`)
  }
  return pseudoElement
}

// `div ::text` and `div *::text` are all the text below div, its own included; `::text` alone is all the text there is
function takeDeep(complex: Complex): boolean {
  const { compounds, combinators } = complex
  if (!isUniversal(compounds.at(-1)!)) return false
  if (compounds.length > 1 && combinators.at(-1) !== ' ') return false
  if (compounds.length > 1) {
    compounds.pop()
    combinators.pop()
  }
  return true
}

function isUniversal(compound: Simple[]): boolean {
  const [only] = compound
  return (
    compound.length === 0 ||
    (compound.length === 1 && only?.kind === 'type' && only.name === undefined && (only.prefix ?? '*') === '*')
  )
}
