import { UsageError } from '../../errors.ts'
import { type CallbackRef, type CallbackResolver, callbackName, refuseMissing } from '../../http/callback.ts'
import { copyJsonObject } from '../../http/json-value.ts'
import type { JsonObject, RequestInit } from '../../http/request.ts'
import { toPattern } from '../../selector/links/patterns.ts'
import { nearest } from '../../util/suggest.ts'

/** What becomes of URLs that a sitemap names. */
export interface SitemapRule {
  /** Searched in the URL. A text is a regular expression, in Python's `re`. @default every URL */
  readonly match?: string | RegExp | undefined
  /** The method that gets the pages. @default 'parse' */
  readonly callback?: CallbackRef | undefined
  /** The second argument of the callback, and of the errback; JSON. */
  readonly cbArgs?: JsonObject | undefined
  /** The method that hears where there is no page. */
  readonly errback?: CallbackRef | undefined
}

/** A rule that was checked. */
export interface ReadySitemapRule {
  readonly pattern: RegExp
  readonly init: RequestInit
}

const NAMES: readonly string[] = ['match', 'callback', 'cbArgs', 'errback'] satisfies (keyof SitemapRule)[]

/**
 * Checks the rules of a spider.
 *
 * @throws UsageError ERR_SITEMAP_RULE for what is no rule, SkeinError ERR_CALLBACK for a method that the spider does not have
 */
export function readSitemapRules(rules: unknown, callbacks: CallbackResolver): ReadySitemapRule[] {
  return listOf(rules, 'sitemapRules', "[{ match: '/product/', callback: this.parseProduct }]").map((rule, i) => {
    if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) {
      throw wrong(
        `Rule ${i + 1} of \`sitemapRules\` is no rule. Expected an object like { match: '/product/', callback: this.parseProduct }.`,
      )
    }
    for (const name of Object.keys(rule)) {
      if (NAMES.includes(name)) continue
      const near = nearest(name, NAMES)
      throw wrong(
        `Rule ${i + 1} of \`sitemapRules\` has no \`${name}\`. ${near === undefined ? `It takes ${NAMES.join(', ')}.` : `Did you mean \`${near}\`?`}`,
      )
    }
    refuseMissing(rule, `rule ${i + 1} of \`sitemapRules\``)
    const { match = '', callback = 'parse', cbArgs, errback } = rule as SitemapRule
    callbackName(callback, 'callback')
    if (errback !== undefined) callbackName(errback, 'errback')
    const init: RequestInit = {
      callback: callbacks.resolve(callback),
      errback: errback === undefined ? undefined : callbacks.resolve(errback),
      cbArgs: cbArgs === undefined ? undefined : copyJsonObject(cbArgs, 'cbArgs', 'ERR_SITEMAP_RULE'),
    }
    return { pattern: patternOf(match, 'sitemapRules'), init }
  })
}

/** @throws UsageError ERR_SITEMAP_RULE */
export function readPatterns(patterns: unknown, name: string): RegExp[] {
  return listOf(patterns, name, "['/sitemap-shop']").map((pattern) => patternOf(pattern, name))
}

/** @throws UsageError ERR_SITEMAP_RULE for what is no list of texts; a text by itself would be a list of characters */
export function checkSitemapUrls(urls: unknown): void {
  listOf(urls, 'sitemapUrls', "['https://shop.example/robots.txt']")
}

function listOf(value: unknown, name: string, example: string): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[]
  throw wrong(`Expected \`${name}\` of a SitemapSpider to be a list: ${example}.`)
}

function patternOf(pattern: unknown, name: string): RegExp {
  if (typeof pattern !== 'string' && !(pattern instanceof RegExp))
    throw wrong(`Expected a pattern of \`${name}\` to be a text or a RegExp.`)
  try {
    return toPattern(pattern, name)
  } catch (cause) {
    const why = `\`${name}\` has ${JSON.stringify(pattern)}, which is no regular expression. Put a backslash before characters that are meant as they are, or give a RegExp.`
    throw new UsageError('ERR_SITEMAP_RULE', why, { cause })
  }
}

function wrong(message: string): UsageError {
  return new UsageError('ERR_SITEMAP_RULE', message)
}
