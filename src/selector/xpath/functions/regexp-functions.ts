import { SkeinError } from '../../../errors.ts'
import { noAttributes } from '../../attributes.ts'
import { type ChildNode, Element, Text } from '../../dom.ts'
import { booleanExpression, type Compiled, nodesExpression, stringExpression } from '../compiled.ts'
import type { Evaluate } from '../frame.ts'
import { type Call, type FunctionTable, functionTable } from './function.ts'
import { toRegExp } from './to-regexp.ts'

/**
 * EXSLT regular expressions as lxml has them, in Python's syntax: flags are `i` (ignore case) and `g` (all matches). Bound to `re:` unless
 * the user binds that prefix to something else. http://exslt.org/regexp/
 */
export const regexpFunctions: FunctionTable = functionTable({
  test: {
    min: 2,
    max: 3,
    compile(call) {
      const { string } = call.args[0]!
      const pattern = patternOf(call, call.args[2])
      return booleanExpression((node, position, size, frame) => {
        const { first } = pattern(node, position, size, frame)
        return first.test(string(node, position, size, frame))
      }, call.focus)
    },
  },
  match: {
    min: 2,
    max: 3,
    compile(call) {
      const { string } = call.args[0]!
      const pattern = patternOf(call, call.args[2])
      return nodesExpression((node, position, size, frame) => {
        const { first, all, global } = pattern(node, position, size, frame)
        const text = string(node, position, size, frame)
        if (global)
          return matchNodes(Array.from(text.matchAll(all), (found) => (found.length > 1 ? found.slice(1).join('') : found[0])))
        const found = first.exec(text)
        return found === null ? [] : matchNodes(found.map((group) => group ?? ''))
      }, call.focus)
    },
  },
  replace: {
    min: 4,
    max: 4,
    compile(call) {
      const [{ string }, { string: template }] = [call.args[0]!, call.args[3]!]
      const pattern = patternOf(call, call.args[2])
      return stringExpression((node, position, size, frame) => {
        const { first, all, global } = pattern(node, position, size, frame)
        const replacement = template(node, position, size, frame)
        return string(node, position, size, frame).replace(global ? all : first, (...found: unknown[]) =>
          expand(replacement, found),
        )
      }, call.focus)
    },
  },
})

interface Pattern {
  readonly first: RegExp
  readonly all: RegExp
  readonly global: boolean
}

type EvaluatePattern = (...context: Parameters<Evaluate<string>>) => Pattern

/** The pattern in argument 1, made once when it is written in the query, else again only when its text changes. */
function patternOf(call: Call, flags: Compiled | undefined): EvaluatePattern {
  const source = call.args[1]!
  let known: { readonly source: string; readonly flags: string; readonly pattern: Pattern } | null = null
  const make = (text: string, flagText: string): Pattern => {
    if (known?.source === text && known.flags === flagText) return known.pattern
    const pattern = compilePattern(call, text, flagText)
    known = { source: text, flags: flagText, pattern }
    return pattern
  }
  if (source.constant !== undefined && (flags === undefined || flags.constant !== undefined)) {
    const fixed = make(String(source.constant), String(flags?.constant ?? ''))
    return () => fixed
  }
  return (node, position, size, frame) =>
    make(source.string(node, position, size, frame), flags === undefined ? '' : flags.string(node, position, size, frame))
}

function compilePattern(call: Call, source: string, flags: string): Pattern {
  let first: RegExp
  try {
    first = toRegExp(source, flags.includes('i') ? 'i' : '')
  } catch (error) {
    if (!(error instanceof SkeinError) && !(error instanceof SyntaxError)) throw error
    throw call.fail(`bad regular expression ${JSON.stringify(source)}: ${error.message}`, 1)
  }
  // neither may keep a lastIndex between two texts
  const plain = first.flags.replace(/[gy]/g, '')
  return { first: new RegExp(first.source, plain), all: new RegExp(first.source, `${plain}g`), global: flags.includes('g') }
}

/** `<match>` elements, one for each text, in a small tree of their own. */
function matchNodes(texts: readonly string[]): ChildNode[] {
  const root = new Element('matches', noAttributes, '')
  for (const text of texts) {
    const match = new Element('match', noAttributes, '')
    match.parent = root
    match.prev = root.children.at(-1) ?? null
    if (match.prev !== null) match.prev.next = match
    if (text !== '') {
      const content = new Text(text)
      content.parent = match
      match.children.push(content)
    }
    root.children.push(match)
  }
  return [...root.children]
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', a: '\x07', b: '\b', '\\': '\\' }

/** A Python replacement: `\1`, `\g<1>`, `\g<name>`, `\0` and the usual escapes; everything else stands for itself. */
function expand(template: string, found: readonly unknown[]): string {
  if (!template.includes('\\')) return template
  const named = found.at(-1)
  const groups = typeof named === 'object' && named !== null ? (named as Record<string, string | undefined>) : {}
  // the arguments of a replacer are the match, its groups, the offset and the text, then the named groups if there are any
  const count = found.length - (typeof named === 'object' ? 3 : 2)
  const group = (index: number): string => (index < count ? String(found[index] ?? '') : '')
  return template.replace(/\\(?:g<(\d+)>|g<([^>]+)>|([1-9]\d?)|0|([\s\S]))/g, (whole, index, name, digits, letter) => {
    if (index !== undefined) return group(Number(index))
    if (name !== undefined) return groups[name] ?? ''
    if (digits !== undefined) return group(Number(digits))
    return letter === undefined ? '\0' : (escapes[letter] ?? whole)
  })
}
