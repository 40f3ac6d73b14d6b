import { booleanExpression, type Compiled, numberExpression, stringExpression } from '../compiled.ts'
import { stringValue } from '../string-value.ts'
import { type Call, type FunctionTable, functionTable } from './function.ts'

const surrogates = /[\ud800-\udfff]/

/** XPath 1.0 §4.2. Characters are code points, so an emoji counts as one. */
export const stringFunctions: FunctionTable = functionTable({
  string: {
    min: 0,
    max: 1,
    compile: ({ args, focus }) =>
      args.length === 0 ? stringExpression(stringValue, false) : stringExpression(args[0]!.string, focus),
  },
  concat: {
    min: 2,
    max: Number.POSITIVE_INFINITY,
    compile({ args, focus }) {
      return stringExpression((node, position, size, frame) => {
        let text = ''
        for (const arg of args) text += arg.string(node, position, size, frame)
        return text
      }, focus)
    },
  },
  'starts-with': { min: 2, max: 2, compile: (call) => test(call, (text, part) => text.startsWith(part)) },
  contains: { min: 2, max: 2, compile: (call) => test(call, (text, part) => text.includes(part)) },
  'substring-before': { min: 2, max: 2, compile: (call) => map(call, before) },
  'substring-after': { min: 2, max: 2, compile: (call) => map(call, after) },
  substring: { min: 2, max: 3, compile: compileSubstring },
  'string-length': {
    min: 0,
    max: 1,
    compile({ args, focus }) {
      if (args.length === 0) return numberExpression((node) => lengthOf(stringValue(node)), false)
      const { string } = args[0]!
      return numberExpression((node, position, size, frame) => lengthOf(string(node, position, size, frame)), focus)
    },
  },
  'normalize-space': {
    min: 0,
    max: 1,
    compile({ args, focus }) {
      if (args.length === 0) return stringExpression((node) => normalizeSpace(stringValue(node)), false)
      const { string } = args[0]!
      return stringExpression((node, position, size, frame) => normalizeSpace(string(node, position, size, frame)), focus)
    },
  },
  translate: { min: 3, max: 3, compile: compileTranslate },
})

function test({ args, focus }: Call, holds: (text: string, part: string) => boolean): Compiled {
  const [text, part] = [args[0]!.string, args[1]!.string]
  return booleanExpression(
    (node, position, size, frame) => holds(text(node, position, size, frame), part(node, position, size, frame)),
    focus,
  )
}

function map({ args, focus }: Call, combine: (text: string, part: string) => string): Compiled {
  const [text, part] = [args[0]!.string, args[1]!.string]
  return stringExpression(
    (node, position, size, frame) => combine(text(node, position, size, frame), part(node, position, size, frame)),
    focus,
  )
}

function before(text: string, part: string): string {
  const at = text.indexOf(part)
  return at < 0 ? '' : text.slice(0, at)
}

function after(text: string, part: string): string {
  const at = text.indexOf(part)
  return at < 0 ? '' : text.slice(at + part.length)
}

function lengthOf(text: string): number {
  if (!surrogates.test(text)) return text.length
  let length = 0
  for (const _ of text) length++
  return length
}

function normalizeSpace(text: string): string {
  return text.replace(/[ \t\r\n]+/g, ' ').replace(/^ | $/g, '')
}

/** Both ends are rounded, then compared with each position, which is what gives NaN and infinity their meaning. */
function compileSubstring({ args, focus }: Call): Compiled {
  const [{ string }, { number: start }] = [args[0]!, args[1]!]
  const length = args[2]?.number
  return stringExpression((node, position, size, frame) => {
    const text = string(node, position, size, frame)
    const first = Math.round(start(node, position, size, frame))
    const end = length === undefined ? Number.POSITIVE_INFINITY : first + Math.round(length(node, position, size, frame))
    // NaN compares false with every position
    if (Number.isNaN(first) || Number.isNaN(end)) return ''
    const from = Math.max(first - 1, 0)
    const to = Math.max(end - 1, 0)
    return surrogates.test(text) ? [...text].slice(from, to).join('') : text.slice(from, to)
  }, focus)
}

function compileTranslate({ args, focus }: Call): Compiled {
  const [text, from, to] = [args[0]!, args[1]!, args[2]!]
  const fixed =
    typeof from.constant === 'string' && typeof to.constant === 'string' ? replacements(from.constant, to.constant) : null
  return stringExpression((node, position, size, frame) => {
    const table = fixed ?? replacements(from.string(node, position, size, frame), to.string(node, position, size, frame))
    let translated = ''
    for (const character of text.string(node, position, size, frame)) translated += table.get(character) ?? character
    return translated
  }, focus)
}

/** By character; '' for one that is taken out. The first of two equal ones counts. */
function replacements(from: string, to: string): Map<string, string> {
  const targets = [...to]
  const table = new Map<string, string>()
  let i = 0
  for (const character of from) {
    if (!table.has(character)) table.set(character, targets[i] ?? '')
    i++
  }
  return table
}
