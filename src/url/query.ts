import { parseAuthority } from './authority.ts'
import { binaryToText, quoteBinary, textToBinary, UNRESERVED_BYTES, unquoteToBinary } from './percent.ts'
import { joinUrl, splitUrl, type UrlParts } from './split-url.ts'
import { asUrlError, quoted, UrlProblem } from './url-problem.ts'

/** Which parameters `urlQueryCleaner` keeps. */
export interface QueryCleanerOptions {
  /** True keeps the parameters that are not named. @default false */
  readonly remove?: boolean
  /** Keep the first of several parameters of one name. @default true */
  readonly unique?: boolean
  /** @default false */
  readonly keepFragments?: boolean
  /** What stands between parameters. @default '&' */
  readonly separator?: string
  /** What stands between name and value. @default '=' */
  readonly keyValueSeparator?: string
}

/**
 * The URL with only the named parameters of its query, or without them; session ids and tracking go that way. Names are compared as
 * they stand in the URL, percent-encoding included. As w3lib's `url_query_cleaner`.
 *
 * @example
 * urlQueryCleaner('http://example.com/p?id=200&sid=x#top', ['id']) // 'http://example.com/p?id=200'
 * urlQueryCleaner('http://example.com/p?id=200&sid=x', 'sid', { remove: true }) // 'http://example.com/p?id=200'
 */
export function urlQueryCleaner(url: string, names: string | readonly string[] = [], options: QueryCleanerOptions = {}): string {
  const { remove = false, unique = true, keepFragments = false, separator = '&', keyValueSeparator = '=' } = options
  const [address, fragment] = cut(url, '#')
  const [base, query] = cut(address, '?')
  const named = new Set(typeof names === 'string' ? (names === '' ? [] : [names]) : names)
  // A hash is written here even where the URL has no fragment: w3lib's answer, and pages are compared by it.
  if (query === '' || (named.size === 0 && !remove)) return keepFragments ? `${base}#${fragment}` : base

  const seen = new Set<string>()
  const kept: string[] = []
  for (const field of query.split(separator)) {
    if (field === '') continue
    const [name] = cut(field, keyValueSeparator)
    if (unique && seen.has(name)) continue
    seen.add(name)
    if (named.has(name) !== remove) kept.push(field)
  }
  const cleaned = kept.length === 0 ? base : `${base}?${kept.join(separator)}`
  return keepFragments && fragment !== '' ? `${cleaned}#${fragment}` : cleaned
}

/** How `urlQueryParameter` reads a query. */
export interface QueryParameterOptions {
  /** True answers '' for a parameter without a value, which otherwise counts as missing. @default false */
  readonly keepBlankValues?: boolean
}

/**
 * The value of the first parameter of that name, decoded; undefined if there is none.
 *
 * @throws SkeinError ERR_URL_INVALID for a URL that cannot be split, or a value that is not UTF-8
 * @example
 * urlQueryParameter('product.html?id=200&name=a+b', 'name') // 'a b'
 */
export function urlQueryParameter(url: string, name: string, options: QueryParameterOptions = {}): string | undefined {
  try {
    const wanted = textToBinary(name)
    for (const [key, value, hasValue] of parseQuery(splitAndCheck(url).query)) {
      if (key !== wanted || (!hasValue && options.keepBlankValues !== true)) continue
      const text = binaryToText(value)
      if (text === undefined) throw new UrlProblem(`the value of ${quoted(name)} is not UTF-8. Expected percent-encoded UTF-8.`)
      return text
    }
    return undefined
  } catch (error) {
    throw asUrlError(error, url)
  }
}

/**
 * The URL with one parameter set: the first of that name gets the value, others of that name go, and if there was none it is added
 * at the end. The whole query is written anew, as a form would write it.
 *
 * @throws SkeinError ERR_URL_INVALID
 * @example
 * addOrReplaceParameter('http://example.com/?page=1&q=a%20b', 'page', '2') // 'http://example.com/?page=2&q=a+b'
 */
export function addOrReplaceParameter(url: string, name: string, value: string): string {
  return addOrReplaceParameters(url, { [name]: value })
}

/** `addOrReplaceParameter` for several at once. */
export function addOrReplaceParameters(url: string, parameters: Readonly<Record<string, string>>): string {
  try {
    const parts = splitAndCheck(url)
    const wanted = new Map(Object.entries(parameters).map(([name, value]) => [textToBinary(name), textToBinary(value)]))
    const written = new Set<string>()
    const fields: string[] = []
    for (const [name, value] of parseQuery(parts.query)) {
      if (written.has(name)) continue
      const replacement = wanted.get(name)
      if (replacement !== undefined) written.add(name)
      fields.push(writeField(name, replacement ?? value))
    }
    for (const [name, value] of wanted) if (!written.has(name)) fields.push(writeField(name, value))
    return joinUrl({ ...parts, query: fields.join('&') })
  } catch (error) {
    throw asUrlError(error, url)
  }
}

function splitAndCheck(url: string): UrlParts {
  const parts = splitUrl(url)
  parseAuthority(parts.authority)
  return parts
}

function* parseQuery(query: string): Generator<[name: string, value: string, hasValue: boolean]> {
  for (const field of query.split('&')) {
    if (field === '') continue
    const [name, value] = cut(field, '=')
    yield [unquoteToBinary(name, true), unquoteToBinary(value, true), value !== '']
  }
}

function writeField(name: string, value: string): string {
  return `${quoteBinary(name, UNRESERVED_BYTES, true)}=${quoteBinary(value, UNRESERVED_BYTES, true)}`
}

function cut(text: string, separator: string): [before: string, after: string] {
  const index = text.indexOf(separator)
  return index === -1 ? [text, ''] : [text.slice(0, index), text.slice(index + separator.length)]
}
