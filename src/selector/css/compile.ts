import { stringValue } from '../xpath/string-value.ts'
import type { Complex, Simple } from './ast.ts'
import { combine, parentElement, someAlong } from './combine.ts'
import { hasMatcher } from './has.ts'
import { nthMatcher } from './position.ts'
import { pseudoMatcher } from './pseudo.ts'
import type { Matcher } from './run.ts'
import { attributeMatcher, classMatcher, idMatcher, typeMatcher } from './simple.ts'

/** What compiling needs to know of the query as a whole. */
export interface Source {
  readonly query: string
  readonly html: boolean
}

/** Whether a selector may find elements behind the scope (`:scope + p`), so that the search has to go on there. */
export function leavesScope({ combinators }: Complex): boolean {
  return combinators[0] === '+' || combinators[0] === '~'
}

/**
 * Compiles a selector to one function, which reads it from right to left.
 *
 * @param guarded whether the search also goes where the selector may not begin
 */
export function compileSelector(complex: Complex, source: Source, guarded: boolean): Matcher {
  return compileComplex(complex, source, true, guarded)
}

function compileComplex(complex: Complex, source: Source, scoped: boolean, guarded: boolean): Matcher {
  let matcher = compileCompound(complex.compounds[0]!, source)
  // behind the scope, nothing else keeps a selector from beginning there
  if (guarded) matcher = both(matcher, isInScope)
  complex.combinators.forEach((combinator, i) => {
    matcher = both(compileCompound(complex.compounds[i + 1]!, source), combine(combinator, matcher, scoped))
  })
  return matcher
}

const isBelowScope = someAlong(parentElement, (element, { scope }) => element === scope, false)

const isInScope: Matcher = (element, run) => run.scope.type === 'root' || element === run.scope || isBelowScope(element, run)

const costs: Record<Simple['kind'], number> = {
  type: 0,
  id: 1,
  class: 1,
  attribute: 1,
  pseudo: 2,
  nth: 2,
  is: 3,
  not: 3,
  lang: 3,
  has: 4,
  contains: 5,
}

function compileCompound(simples: Simple[], source: Source): Matcher {
  const matchers = simples
    .filter((simple) => !(simple.kind === 'type' && simple.name === undefined && (simple.prefix ?? '*') === '*'))
    .toSorted((a, b) => costs[a.kind] - costs[b.kind])
    .map((simple) => compileSimple(simple, source))
  return matchers.length === 0 ? () => true : matchers.reduce(both)
}

function both(a: Matcher, b: Matcher): Matcher {
  return (element, run) => a(element, run) && b(element, run)
}

function compileSimple(simple: Simple, source: Source): Matcher {
  switch (simple.kind) {
    case 'type':
      return typeMatcher(simple.prefix, simple.name, source.html)
    case 'id':
      return idMatcher(simple.value)
    case 'class':
      return classMatcher(simple.value)
    case 'attribute':
      return attributeMatcher(simple, source.html)
    case 'pseudo':
      return pseudoMatcher(simple.name, simple.at, source.query, source.html)
    case 'nth':
      return nthMatcher(simple)
    case 'contains':
      return (element) => stringValue(element).includes(simple.value)
    case 'lang':
      return langMatcher(simple.value, source.html ? 'lang' : 'xml:lang')
    case 'is':
    case 'not': {
      const list = simple.list.map((complex) => compileComplex(complex, source, false, false))
      const any: Matcher = list.length === 1 ? list[0]! : (element, run) => list.some((matches) => matches(element, run))
      return simple.kind === 'is' ? any : (element, run) => !any(element, run)
    }
    case 'has':
      return hasMatcher(
        simple.list.map(({ lead, combinators, compounds }) => ({
          combinators: [lead, ...combinators],
          matchers: compounds.map((compound) => compileCompound(compound, source)),
        })),
      )
  }
}

function langMatcher(language: string, attribute: string): Matcher {
  const wanted = language.toLowerCase()
  const prefix = `${wanted}-`
  const says: Matcher = (element) => element.attribs[attribute] !== undefined
  const saysIt: Matcher = (element) => {
    const found = element.attribs[attribute]?.toLowerCase()
    return found !== undefined && (found === wanted || found.startsWith(prefix))
  }
  const inherits = someAlong(parentElement, saysIt, false, says)
  return (element, run) => (says(element, run) ? saysIt(element, run) : inherits(element, run))
}
