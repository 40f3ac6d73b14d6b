import { UsageError } from '../errors.ts'
import { type CallbackRef, type CallbackResolver, callbackName, refuseMissing } from '../http/callback.ts'
import type { HtmlResponse } from '../http/html-response.ts'
import { copyJsonObject } from '../http/json-value.ts'
import type { JsonObject, Request } from '../http/request.ts'
import type { Link, LinkPage } from '../selector/links/link.ts'
import { LinkExtractor } from '../selector/links/link-extractor.ts'
import type { LinkExtractorOptions } from '../selector/links/link-options.ts'
import { nearest } from '../util/suggest.ts'

/** What finds the links of a page: a {@link LinkExtractor}, or something of your own. */
export interface FindsLinks {
  extractLinks(page: LinkPage): Iterable<Link>
}

/**
 * Which links of a page are followed, and what is done with the pages behind them.
 *
 * @example
 * const rules: Rule[] = [
 *   { extract: { allow: '/category/' } },
 *   { extract: { allow: '/book/', restrictCss: 'main' }, callback: 'parseBook' },
 * ]
 */
export interface Rule {
  /** Which links: a LinkExtractor, or the options of one. @default all */
  readonly extract?: FindsLinks | LinkExtractorOptions | undefined
  /** The method that gets the pages. @default none: their links are followed, and nothing else */
  readonly callback?: CallbackRef | undefined
  /** Whether the rules hold on those pages as well. @default true without a callback, false with one */
  readonly follow?: boolean | undefined
  /** The second argument of the callback, and of the errback; JSON. */
  readonly cbArgs?: JsonObject | undefined
  /** The method that hears where there is no page. */
  readonly errback?: CallbackRef | undefined
  /** Gets the links that were found, and says which are followed. What it leaves out is there for the rules behind. `this` is the spider. */
  readonly processLinks?: ((links: Link[], page: HtmlResponse) => Iterable<Link>) | undefined
  /** Gets each request, and gives it back as it shall be; undefined or null: not at all. `this` is the spider. */
  readonly processRequest?: ((request: Request, page: HtmlResponse) => Request | null | undefined) | undefined
}

/** A rule that was checked. */
export interface ReadyRule {
  readonly links: FindsLinks
  readonly callback: string | undefined
  readonly follow: boolean
  readonly cbArgs: JsonObject | undefined
  readonly errback: string | undefined
  readonly processLinks: Rule['processLinks']
  readonly processRequest: Rule['processRequest']
}

const NAMES = [
  'extract',
  'callback',
  'follow',
  'cbArgs',
  'errback',
  'processLinks',
  'processRequest',
] as const satisfies readonly (keyof Rule)[]
const SCRAPY: ReadonlyMap<string, string> = new Map([
  ['link_extractor', 'extract'],
  ['linkExtractor', 'extract'],
  ['cb_kwargs', 'cbArgs'],
  ['process_links', 'processLinks'],
  ['process_request', 'processRequest'],
])
/** What people write into a rule that belongs into its `extract`. */
const LINK_OPTIONS: ReadonlySet<string> = new Set(['allow', 'deny', 'restrictCss', 'restrictXpaths', 'restrictText'])

/**
 * Checks the rules of a spider.
 *
 * @throws UsageError ERR_RULE for what is no rule, ERR_LINK_OPTION for its links, SkeinError ERR_CALLBACK for a method that the spider does not have
 */
export function readRules(rules: unknown, callbacks: CallbackResolver): ReadyRule[] {
  if (!Array.isArray(rules))
    throw new UsageError('ERR_RULE', 'Expected `rules` of a CrawlSpider to be a list: [{ extract: { allow: … }, callback: … }].')
  return (rules as unknown[]).map((rule, i) => readRule(rule, i + 1, callbacks))
}

function readRule(given: unknown, number: number, callbacks: CallbackResolver): ReadyRule {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new UsageError(
      'ERR_RULE',
      `Rule ${number} is no rule. Expected an object like { extract: { allow: '/book/' }, callback: this.parseBook }.`,
    )
  }
  for (const name of Object.keys(given)) if (!(NAMES as readonly string[]).includes(name)) throw unknownName(name, number)
  refuseMissing(given, `rule ${number}`)
  const { extract = {}, callback, follow, cbArgs, errback, processLinks, processRequest } = given as Rule
  check(number, 'extract', isLinks(extract), 'a LinkExtractor or the options of one')
  check(number, 'follow', follow === undefined || typeof follow === 'boolean', 'true or false')
  for (const [name, fn] of [
    ['processLinks', processLinks],
    ['processRequest', processRequest],
  ] as const)
    check(number, name, fn === undefined || typeof fn === 'function', 'a function')
  return {
    links: 'extractLinks' in extract ? extract : new LinkExtractor(extract),
    callback: methodOf(callback, 'callback', callbacks),
    follow: follow ?? callback === undefined,
    cbArgs: cbArgs === undefined ? undefined : copyJsonObject(cbArgs, 'cbArgs', 'ERR_RULE'),
    errback: methodOf(errback, 'errback', callbacks),
    processLinks,
    processRequest,
  }
}

function methodOf(ref: CallbackRef | undefined, role: 'callback' | 'errback', callbacks: CallbackResolver): string | undefined {
  if (ref === undefined) return undefined
  // says it of inline functions, which to the resolver are methods that are not there
  callbackName(ref, role)
  return callbacks.resolve(ref)
}

function check(number: number, name: string, isRight: boolean, expected: string): void {
  if (!isRight) throw new UsageError('ERR_RULE', `Expected \`${name}\` of rule ${number} to be ${expected}.`)
}

function isLinks(extract: unknown): boolean {
  return typeof extract === 'object' && extract !== null && !Array.isArray(extract) && !(extract instanceof RegExp)
}

function unknownName(name: string, number: number): UsageError {
  if (LINK_OPTIONS.has(name))
    return new UsageError(
      'ERR_RULE',
      `Rule ${number} has no \`${name}\`: it is an option of \`extract\`: { extract: { ${name}: … } }.`,
    )
  const meant = SCRAPY.get(name) ?? nearest(name, NAMES)
  const hint = meant === undefined ? `It takes ${NAMES.join(', ')}.` : `Did you mean \`${meant}\`?`
  return new UsageError('ERR_RULE', `Rule ${number} has no \`${name}\`. ${hint}`)
}
