import { UsageError } from '../../errors.ts'
import { nearest } from '../../util/suggest.ts'
import { deniedExtensions } from './denied-extensions.ts'
import { toPattern } from './patterns.ts'
import type { NameFilter } from './tree-links.ts'

/** One or several. */
export type OneOrMore<T> = T | Iterable<T>

/** What a LinkExtractor takes. A link must pass all of it. */
export interface LinkExtractorOptions {
  /** Patterns searched in the absolute URL; one must be found. Strings are regular expressions. @default none: every URL */
  readonly allow?: OneOrMore<string | RegExp> | undefined
  /** Patterns of which none may be found in the absolute URL. @default none */
  readonly deny?: OneOrMore<string | RegExp> | undefined
  /** Hosts whose links count, and those of their subdomains. `h.example` means every port of it, `h.example:81` that one. @default all */
  readonly allowDomains?: OneOrMore<string> | undefined
  /** Hosts whose links do not count, nor those of their subdomains. @default none */
  readonly denyDomains?: OneOrMore<string> | undefined
  /** CSS selectors of the regions whose links count. With regions the page's tree is built. @default the whole page */
  readonly restrictCss?: OneOrMore<string> | undefined
  /** XPath expressions of such regions; they come before those of `restrictCss`. @default the whole page */
  readonly restrictXpaths?: OneOrMore<string> | undefined
  /** Patterns searched in the text of the element; one must be found. @default none: any text */
  readonly restrictText?: OneOrMore<string | RegExp> | undefined
  /** Elements that hold links; '*' for all. @default ['a', 'area'] */
  readonly tags?: OneOrMore<string> | undefined
  /** Attributes of them that are links; '*' for all. @default ['href'] */
  readonly attrs?: OneOrMore<string> | undefined
  /** Elements that do not count, whatever `tags` says. @default none */
  readonly denyTags?: OneOrMore<string> | undefined
  /** Attributes that do not count, whatever `attrs` says. @default none */
  readonly denyAttrs?: OneOrMore<string> | undefined
  /** Give the canonical form of the URLs, which some servers answer differently; better left to the dupe filter. @default false */
  readonly canonicalize?: boolean | undefined
  /** Leave out a URL that the page had before. The first link decides text and nofollow. @default true */
  readonly unique?: boolean | undefined
  /**
   * Gets each value, made absolute, before any filter; what it returns is the link's URL (relative ones are joined with the page's), and
   * undefined leaves the link out.
   *
   * @example
   * process: (value) => /goTo\('(.*?)'\)/.exec(value)?.[1]
   */
  readonly process?: ((value: string) => string | undefined) | undefined
  /** Extensions of files, without a dot: links whose path ends in one are left out. @default {@link deniedExtensions} */
  readonly denyExtensions?: OneOrMore<string> | undefined
  /** Strip white space around the values, as HTML wants it for links. @default true */
  readonly strip?: boolean | undefined
}

/** The options in the form that the extractor works with. */
export interface CheckedLinkOptions {
  readonly allow: readonly RegExp[]
  readonly deny: readonly RegExp[]
  readonly allowDomains: readonly string[]
  readonly denyDomains: readonly string[]
  readonly restrictCss: readonly string[]
  readonly restrictXpaths: readonly string[]
  readonly restrictText: readonly RegExp[]
  readonly tags: NameFilter
  readonly attributes: NameFilter
  readonly canonicalize: boolean
  readonly unique: boolean
  readonly process: ((value: string) => string | undefined) | undefined
  readonly denyExtensions: readonly string[]
  readonly strip: boolean
}

const names: ReadonlySet<string> = new Set<keyof LinkExtractorOptions>([
  ...([
    'allow',
    'deny',
    'allowDomains',
    'denyDomains',
    'restrictCss',
    'restrictXpaths',
    'restrictText',
    'tags',
    'attrs',
  ] as const),
  ...(['denyTags', 'denyAttrs', 'canonicalize', 'unique', 'process', 'denyExtensions', 'strip'] as const),
])

/** @throws UsageError ERR_LINK_OPTION for a name or a value that is none, with the nearest name and what was expected. */
export function checkLinkOptions(options: LinkExtractorOptions): CheckedLinkOptions {
  for (const name of Object.keys(options)) if (!names.has(name)) throw unknownOption(name)
  return {
    allow: patterns(options, 'allow'),
    deny: patterns(options, 'deny'),
    allowDomains: lowerCase(strings(options, 'allowDomains', [])),
    denyDomains: lowerCase(strings(options, 'denyDomains', [])),
    restrictCss: strings(options, 'restrictCss', []),
    restrictXpaths: strings(options, 'restrictXpaths', []),
    restrictText: patterns(options, 'restrictText'),
    tags: { names: new Set(strings(options, 'tags', ['a', 'area'])), denied: new Set(strings(options, 'denyTags', [])) },
    attributes: { names: new Set(strings(options, 'attrs', ['href'])), denied: new Set(strings(options, 'denyAttrs', [])) },
    canonicalize: flag(options, 'canonicalize', false),
    unique: flag(options, 'unique', true),
    process: callback(options),
    denyExtensions: lowerCase(strings(options, 'denyExtensions', deniedExtensions)),
    strip: flag(options, 'strip', true),
  }
}

function unknownOption(name: string): UsageError {
  const ours = name === 'process_value' ? 'process' : name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const known = names.has(ours) ? ours : nearest(name, names)
  const hint = known === undefined ? `It takes ${[...names].join(', ')}.` : `Did you mean ${JSON.stringify(known)}?`
  return new UsageError('ERR_LINK_OPTION', `LinkExtractor has no option ${JSON.stringify(name)}. ${hint}`)
}

function wrongValue(name: string, expected: string, value: unknown): UsageError {
  const got = value === null ? 'null' : Array.isArray(value) ? 'an array with other things' : typeof value
  return new UsageError('ERR_LINK_OPTION', `LinkExtractor: expected ${name} to be ${expected}, got ${got}.`)
}

function patterns(options: LinkExtractorOptions, name: 'allow' | 'deny' | 'restrictText'): RegExp[] {
  const value: unknown = options[name]
  const all = listOf(value, (one) => typeof one === 'string' || one instanceof RegExp)
  if (all === undefined) throw wrongValue(name, 'a regular expression (a string or a RegExp) or several', value)
  return all.map((pattern) => toPattern(pattern as string | RegExp, name))
}

type StringOption =
  | 'allowDomains'
  | 'denyDomains'
  | 'restrictCss'
  | 'restrictXpaths'
  | 'tags'
  | 'attrs'
  | 'denyTags'
  | 'denyAttrs'
  | 'denyExtensions'

function strings(options: LinkExtractorOptions, name: StringOption, byDefault: readonly string[]): readonly string[] {
  const value: unknown = options[name]
  if (value === undefined) return byDefault
  const all = listOf(value, (one) => typeof one === 'string')
  if (all === undefined) throw wrongValue(name, 'a string or several', value)
  return all as string[]
}

function listOf(value: unknown, isOne: (one: unknown) => boolean): unknown[] | undefined {
  if (value === undefined) return []
  if (isOne(value)) return [value]
  if (typeof value !== 'object' || value === null || !(Symbol.iterator in value)) return undefined
  const all = [...(value as Iterable<unknown>)]
  return all.every(isOne) ? all : undefined
}

function flag(options: LinkExtractorOptions, name: 'canonicalize' | 'unique' | 'strip', byDefault: boolean): boolean {
  const value: unknown = options[name]
  if (value === undefined) return byDefault
  if (typeof value !== 'boolean') throw wrongValue(name, 'true or false', value)
  return value
}

function callback(options: LinkExtractorOptions): CheckedLinkOptions['process'] {
  if (options.process !== undefined && typeof options.process !== 'function')
    throw wrongValue('process', 'a function', options.process)
  return options.process
}

function lowerCase(all: readonly string[]): string[] {
  return all.map((one) => one.toLowerCase())
}
