import { SkeinError } from '../errors.ts'
import { flatString } from '../util/flat-string.ts'
import { RecentMap } from '../util/recent-map.ts'
import { translatePythonPattern } from './regex/python-pattern.ts'
import { replaceEntities } from './replace-entities.ts'

/** A regular expression ready for use. */
interface Extractor {
  readonly pattern: RegExp
  readonly groups: readonly number[]
  readonly extract: number | undefined
}

const compiled = new RecentMap<string, Extractor>(1024)
const adopted = new WeakMap<RegExp, Extractor>()

/**
 * What a regular expression finds in a text, by the rules of parsel: with a group named `extract`, that group of the first match; with
 * other groups, all of them of every match, one after the other (`''` for one that took no part); without, every match.
 *
 * A string is a pattern of Python's `re` (see {@link translatePythonPattern}), a RegExp is taken as it is.
 *
 * @param entities whether character references in the results are replaced, but for `&lt;` and `&amp;`
 * @throws SkeinError `ERR_REGEX` for a pattern that is none
 */
export function extractRegex(regex: string | RegExp, text: string, entities: boolean): string[] {
  const found = findAll(typeof regex === 'string' ? compileText(regex) : adopt(regex), text)
  for (let i = 0; i < found.length; i++) found[i] = flatString(entities ? replaceEntities(found[i]!) : found[i]!)
  return found
}

function findAll({ pattern, groups, extract }: Extractor, text: string): string[] {
  if (extract !== undefined) {
    pattern.lastIndex = 0
    const match = pattern.exec(text)
    return match?.[extract] === undefined ? [] : [match[extract]]
  }
  const found: string[] = []
  for (const match of text.matchAll(pattern)) {
    if (groups.length === 0) found.push(match[0])
    else for (const group of groups) found.push(match[group] ?? '')
  }
  return found
}

function compileText(pattern: string): Extractor {
  let extractor = compiled.get(pattern)
  if (extractor === undefined) {
    const { source, flags, groups, extract } = translatePythonPattern(pattern)
    extractor = { pattern: compile(pattern, source, `g${flags}`), groups, extract }
    compiled.set(pattern, extractor)
  }
  return extractor
}

// what the translator lets through and JavaScript refuses, such as {2,1}
function compile(pattern: string, source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags)
  } catch (cause) {
    throw new SkeinError(
      'ERR_REGEX',
      `regular expression ${JSON.stringify(pattern)} cannot be used: ${(cause as Error).message}`,
      { cause },
    )
  }
}

function adopt(regex: RegExp): Extractor {
  let extractor = adopted.get(regex)
  if (extractor === undefined) {
    const pattern = new RegExp(regex.source, regex.flags.replace(/[gy]/g, '').concat('g'))
    // an empty alternative always matches, and tells how many groups there are
    const probe = new RegExp(`${regex.source}|`, regex.flags.replace(/[gy]/g, '')).exec('')!
    const groups = Array.from({ length: probe.length - 1 }, (_, i) => i + 1)
    const extract = probe.groups !== undefined && 'extract' in probe.groups ? extractIndex(regex.source) : undefined
    extractor = { pattern, groups, extract }
    adopted.set(regex, extractor)
  }
  return extractor
}

/** The number of the group `(?<extract>…)`: the opening parentheses of groups before it, plus one. */
function extractIndex(source: string): number {
  let number = 0
  for (const [group] of source.matchAll(/\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\((?!\?(?:[^<]|<[=!]))(?:\?<[^>]*>)?/g)) {
    if (group[0] !== '(') continue
    number++
    if (group === '(?<extract>') break
  }
  return number
}
