import { SkeinError } from '../../../errors.ts'
import { noAttributes } from '../../attributes.ts'
import { type ChildNode, Element, Text } from '../../dom.ts'
import { translatePythonPattern } from '../../regex/python-pattern.ts'
import { booleanExpression, type Compiled, nodesExpression, stringExpression } from '../compiled.ts'
import type { Evaluate } from '../frame.ts'
import { type Call, type FunctionTable, functionTable } from './function.ts'

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
        frame.foreign = true
        const { first, all, global, groups } = pattern(node, position, size, frame)
        const text = string(node, position, size, frame)
        if (!global) {
          const found = first.exec(text)
          return found === null ? [] : matchNodes([found[0], ...groups.map((group) => found[group] ?? '')])
        }
        const texts: string[] = []
        for (const found of text.matchAll(all)) {
          texts.push(groups.length === 0 ? found[0] : groups.map((group) => found[group] ?? '').join(''))
        }
        return matchNodes(texts)
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
        const known = pattern(node, position, size, frame)
        const replacement = template(node, position, size, frame)
        const expand = (...found: unknown[]): string => expandTemplate(call, replacement, known, found)
        return string(node, position, size, frame).replace(known.global ? known.all : known.first, expand)
      }, call.focus)
    },
  },
})

interface Pattern {
  readonly first: RegExp
  readonly all: RegExp
  readonly global: boolean
  /** Where the groups that the author wrote are among those of the RegExp. */
  readonly groups: readonly number[]
  /** The place of a named group in `groups`, counted from 1. */
  readonly names: ReadonlyMap<string, number>
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

function compilePattern(call: Call, text: string, flags: string): Pattern {
  try {
    const { source, flags: own, groups, names } = translatePythonPattern(flags.includes('i') ? ignoringCase(text) : text)
    // neither keeps a lastIndex between two texts
    return { first: new RegExp(source, own), all: new RegExp(source, `${own}g`), global: flags.includes('g'), groups, names }
  } catch (error) {
    if (!(error instanceof SkeinError) && !(error instanceof SyntaxError)) throw error
    throw call.fail(`bad regular expression ${JSON.stringify(text)}: ${error.message}`, 1)
  }
}

/** Flags for all of a Python pattern stand together at its beginning. */
function ignoringCase(pattern: string): string {
  const flags = /^\(\?([aimsux]+)\)/.exec(pattern)
  return `(?i${flags?.[1] ?? ''})${pattern.slice(flags?.[0].length ?? 0)}`
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
function expandTemplate(call: Call, template: string, { groups, names }: Pattern, found: readonly unknown[]): string {
  if (!template.includes('\\')) return template
  const group = (index: number): string => {
    if (index > groups.length) throw call.fail(`the pattern has no group ${index}`, 3)
    return String((index === 0 ? found[0] : found[groups[index - 1]!]) ?? '')
  }
  return template.replace(/\\(?:g<(\d+)>|g<([^>]+)>|([1-9]\d?)|0|([\s\S]))/g, (whole, index, name, digits, letter) => {
    if (index !== undefined) return group(Number(index))
    if (name !== undefined) return group(names.get(name) ?? Number.POSITIVE_INFINITY)
    if (digits !== undefined) return group(Number(digits))
    return letter === undefined ? '\0' : (escapes[letter] ?? whole)
  })
}
