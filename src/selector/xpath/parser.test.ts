import { describe, expect, test } from 'vitest'
import { SkeinError } from '../../errors.ts'
import { parseHtml } from '../html-tree.ts'
import { compileXPath } from './xpath.ts'

const page = parseHtml('<p>x</p>')

function failure(query: string): SkeinError {
  try {
    compileXPath(query)(page, {})
  } catch (error) {
    if (error instanceof SkeinError) return error
    throw error
  }
  throw new Error(`${query} was accepted`)
}

describe('a bad query is ERR_SELECTOR, with the place', () => {
  test.each<[string, number, string]>([
    ['', 0, 'the query is empty'],
    [' \n\t', 0, 'the query is empty'],
    ['//', 2, 'expected a step after "//", found the end'],
    ['a//', 3, 'expected a step after "//", found the end'],
    ['//li/@', 6, 'expected the name of an attribute, found the end'],
    ['@@a', 1, 'expected the name of an attribute, found "@"'],
    ['//a[', 4, 'expected an expression, found the end'],
    ['//a[]', 4, 'expected an expression, found "]"'],
    ['//a]', 3, 'expected an operator or the end, found "]"'],
    ['//a[1', 5, 'expected an operator or "]", found the end'],
    ['//a b', 4, 'expected an operator or the end, found "b"'],
    ['(//a', 4, 'expected ")", found the end'],
    ['a | ', 4, 'expected an expression, found the end'],
    ['a and', 5, 'expected an expression, found the end'],
    ['1 +', 3, 'expected an expression, found the end'],
    ["//a['x]", 4, "this string has no closing '"],
    ['"a', 0, 'this string has no closing "'],
    ['//a[@b="c"', 10, 'expected an operator or "]", found the end'],
    ['$', 0, 'expected the name of a variable after $'],
    ['$1', 0, 'expected the name of a variable after $'],
    ['//a#b', 3, '"#" means nothing here'],
    ['a & b', 2, '"&" means nothing here; write "and"'],
    ['!a', 0, '"!" means nothing here; not equal is !='],
    ['//*:p', 3, '":" means nothing here'],
    ['a:b:c', 3, '":" means nothing here'],
    ['a ¬ b', 2, '"¬" means nothing here'],
    ['1e3', 1, 'expected an operator or the end, found "e3"'],
    ['.[1]', 1, 'no predicate may follow "." or "..'],
    ['..[1]', 2, 'write parent::node()[…]'],
    ['child::', 7, 'found the end'],
    ['childs::a', 0, 'there is no axis "childs"; did you mean "child"?'],
    ['following_sibling::a', 0, 'did you mean "following-sibling"?'],
    ['//a/count(b)', 4, 'a function cannot be a step'],
    ['//li[foo()]', 5, 'there is no function foo()'],
    ['//li[contain(., "x")]', 5, 'did you mean contains()?'],
    ['//li[normalise-space()]', 5, 'did you mean normalize-space()?'],
    ['//a[ends-with(@href, "x")]', 4, 'ends-with() is not in XPath 1.0; use re:test('],
    ['constructor()', 0, 'there is no function constructor()'],
    ['re:tets("a", "b")', 0, 'did you mean test()?'],
    ['//ns:li', 2, 'the prefix "ns" stands for no namespace'],
    ['//@toString:x', 3, 'the prefix "toString" stands for no namespace'],
    ['math:max(//li)', 0, 'the prefix "math" stands for no namespace'],
    ['concat("a")', 0, 'concat() takes 2 or more arguments, not 1'],
    ['not()', 0, 'not() takes 1 argument, not 0'],
    ['not(1, 2)', 0, 'not() takes 1 argument, not 2'],
    ['substring("a")', 0, 'substring() takes 2 to 3 arguments, not 1'],
    ['position(1)', 0, 'position() takes 0 arguments, not 1'],
    ['set:distinct(1)', 0, 'what set:distinct() takes must be'],
    ['count("a")', 0, 'what count() takes must be a node-set, not a string'],
    ['set:difference(//a, 1)', 0, 'argument 2 of set:difference() must be a node-set, not a number'],
    ['//a | 3', 6, 'what "|" joins must be a node-set, not a number'],
    ['(1)[1]', 0, 'what a predicate filters must be a node-set, not a number'],
    ['string(1)/a', 0, 'what a path starts from must be a node-set, not a string'],
    ['has-class()', 0, 'has-class() takes 1 or more arguments, not 0'],
    ['has-class(1)', 0, 'has-class() takes strings'],
    ['processing-instruction(x)', 23, 'expected ")", found "x"'],
    ['text("a")', 5, 'expected ")"'],
  ])('%s', (query, at, problem) => {
    const error = failure(query)
    expect(error.code).toBe('ERR_SELECTOR')
    expect(error.message).toContain(problem)
    expect(error.message).toContain(`(at ${at})\n`)
  })

  test('the caret stands under the place, in one line', () => {
    expect(failure('//a[\n😀x =]').message.split('\n').slice(1)).toEqual(['  //a[ 😀x =]', '           ^'])
    const long = failure(`${'//a'.repeat(100)}]`).message.split('\n')
    expect(long[1]!.length).toBeLessThan(130)
    expect(long[1]![long[2]!.indexOf('^')]).toBe(']')
  })

  test('what is no string', () => {
    for (const query of [undefined, null, 1, {}]) expect(() => compileXPath(query as string)).toThrow('must be a string')
  })

  test.each([
    ['parentheses', '('.repeat(100_000)],
    ['predicates', 'a['.repeat(100_000)],
    ['calls', 'not('.repeat(100_000)],
    ['comparisons', `1${'=1'.repeat(100_000)}`],
  ])('%s without end', (_name, query) => {
    expect(failure(query).message).toContain('nested more than 200 levels deep')
  })
})

describe('words that are names or operators by their place', () => {
  const and = parseHtml('<p>x</p>')
  test.each<[string, unknown]>([
    ['count(//p*2)', 'error'],
    ['count(//p)*2', 2],
    ['* * *', Number.NaN],
    ['div div div', Number.NaN],
    ['and and and', false],
    ['mod', []],
    ['-- 1', 1],
    ['1-1', 0],
    ['a-1', []],
    ['a -1', Number.NaN],
    ['2mod 2', 0],
    ['.5+.5', 1],
    ['5.', 5],
    ['text ( )', []],
    ['child :: a', []],
    ['//p[ 1 ]/text ()', 1],
    ['text', []],
    ['comment | node | text', []],
    ["'\\'", '\\'],
    ['"it\'s"', "it's"],
    ['//p[1]and//p', true],
    ['//*[@*=*]', []],
    ['1<2', true],
    ['1<=1>=1', true],
    ['é', []],
    ['😀', []],
    ['a.b-c_d', []],
  ])('%s', (query, expected) => {
    if (expected === 'error') {
      expect(() => compileXPath(query)(and, {})).toThrow('must be a node-set')
      return
    }
    const value = compileXPath(query)(and, {})
    if (typeof expected === 'number' && typeof value === 'object') expect(value).toHaveLength(expected)
    else expect(value).toEqual(expected)
  })
})
