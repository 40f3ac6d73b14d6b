import { flatString } from '../util/flat-string.ts'
import { comparablePath, pathOfUrl } from './robots-path.ts'

/** What robots.txt says to one crawler. */
export interface RobotsRules {
  allows(url: string): boolean
  /** Seconds between two requests, as it is written there; undefined when it is not, or is no number. */
  readonly crawlDelay: number | undefined
}

/** Bytes that are read; the rest is left out, whole lines at a time (RFC 9309, 2.5). */
export const MAX_ROBOTS_SIZE: number = 500 * 1024

type Directive = 'agent' | 'allow' | 'disallow' | 'delay' | 'sitemap' | 'site'

const DIRECTIVES: ReadonlyMap<string, Directive> = new Map([
  ['user-agent', 'agent'],
  ['useragent', 'agent'],
  ['user agent', 'agent'],
  ['allow', 'allow'],
  ['disallow', 'disallow'],
  // misspellings that Google and Protego read too
  ['disalow', 'disallow'],
  ['dissallow', 'disallow'],
  ['dissalow', 'disallow'],
  ['diasllow', 'disallow'],
  ['disallaw', 'disallow'],
  ['crawl-delay', 'delay'],
  ['crawl delay', 'delay'],
  // these speak of the site, and stand between the lines of a group
  ['sitemap', 'sitemap'],
  ['sitemaps', 'sitemap'],
  ['site-map', 'sitemap'],
  ['host', 'site'],
])

/**
 * A robots.txt (RFC 9309), read as far as it can be: whatever is in it, there is an answer.
 *
 * The group for a crawler is that with the longest name that occurs in its User-Agent (so that the whole header may be given), or `*`. In
 * it the longest rule that matches wins, `Allow` wins a tie, and `*` and `$` have Google's meaning. A line that is no rule does not part
 * the User-agent lines of a group; each Crawl-delay holds for those between it and the line before.
 */
export class RobotsTxt {
  readonly #groups = new Map<string, Group>()
  #lastAgent: string | undefined
  #lastRules: RobotsRules = NO_RULES

  constructor(body: Uint8Array) {
    // groups that are named together share what is said to them: a file of 20,000 names and 20,000 rules has 20,000 rules
    let rules: Rule[] = []
    let delay: Delay = {}
    let rulesSeen = false
    let otherSeen = false
    for (const line of linesOf(body)) {
      const [directive, value] = readLine(line)
      if (directive === 'site' || directive === 'sitemap') continue
      if (directive === 'agent') {
        if (value === '') continue
        if (rulesSeen) rules = []
        if (rulesSeen || otherSeen) delay = {}
        rulesSeen = false
        otherSeen = false
        for (const name of agentNames(value)) this.#group(name).share(rules, delay)
        continue
      }
      otherSeen = true
      if (directive === 'delay' && NUMBER.test(value)) delay.seconds = Number(value)
      if (directive !== 'allow' && directive !== 'disallow') continue
      rulesSeen = true
      if (value !== '') addRule(rules, value, directive === 'allow')
    }
  }

  /** What it says to a crawler with this User-Agent. */
  for(userAgent: string): RobotsRules {
    if (this.#lastAgent !== userAgent) {
      this.#lastRules = this.#find(userAgent) ?? NO_RULES
      this.#lastAgent = userAgent
    }
    return this.#lastRules
  }

  #group(name: string): Group {
    let group = this.#groups.get(name)
    if (group === undefined) this.#groups.set(name, (group = new Group()))
    return group
  }

  #find(userAgent: string): Group | undefined {
    const wanted = userAgent.trim().toLowerCase()
    // a name of one letter occurs in nearly every header, so that it must be the product itself
    const product = /^[^\s/]*/.exec(wanted)?.[0]
    let best: Group | undefined
    let length = 0
    for (const [name, group] of this.#groups) {
      if (name.length <= length || name === '*') continue
      if (name.length === 1 ? name !== product : !wanted.includes(name)) continue
      best = group
      length = name.length
    }
    return best ?? this.#groups.get('*')
  }
}

/** What there is where nothing is said. */
const NO_RULES: RobotsRules = { allows: () => true, crawlDelay: undefined }

interface Delay {
  seconds?: number
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

class Group implements RobotsRules {
  readonly #parts: Rule[][] = []
  readonly #delays: Delay[] = []
  /** Those of all parts, best first; made when they are wanted. */
  #rules: Rule[] | undefined

  /** Takes part in what will be said from now on. A name may be said over and over. */
  share(rules: Rule[], delay: Delay): void {
    if (this.#parts.at(-1) !== rules) this.#parts.push(rules)
    if (this.#delays.at(-1) !== delay) this.#delays.push(delay)
  }

  get crawlDelay(): number | undefined {
    return this.#delays.findLast(({ seconds }) => seconds !== undefined)?.seconds
  }

  allows(url: string): boolean {
    const rules = (this.#rules ??= this.#parts.flat().sort((a, b) => b.length - a.length || Number(b.allow) - Number(a.allow)))
    if (rules.length === 0) return true
    const path = pathOfUrl(url)
    const start = startOf(path)
    for (const rule of rules) if (rule.begins(start) && rule.matches(path)) return rule.allow
    return true
  }
}

function addRule(rules: Rule[], value: string, allow: boolean): void {
  const pattern = comparablePath(value, true)
  rules.push(new Rule(pattern, allow))
  // the dollar of who did not know of its meaning
  if (pattern.endsWith('$')) rules.push(new Rule(`${pattern.slice(0, -1)}%24`, allow))
  // a directory is what its index page is
  if (allow && pattern.endsWith('/index.html')) rules.push(new Rule(`${pattern.slice(0, -'index.html'.length)}$`, true))
}

class Rule {
  readonly allow: boolean
  readonly length: number
  readonly #prefix: string
  readonly #start: number
  readonly #mask: number
  /** What stands between stars, after the first one; undefined when there is none. */
  readonly #parts: readonly string[] | undefined
  readonly #anchored: boolean

  constructor(pattern: string, allow: boolean) {
    this.allow = allow
    this.length = pattern.length
    this.#anchored = pattern.endsWith('$')
    const parts = (this.#anchored ? pattern.slice(0, -1) : pattern).split('*')
    this.#prefix = parts[0] ?? ''
    this.#start = startOf(this.#prefix)
    this.#mask = 2 ** (8 * Math.min(3, Math.max(0, this.#prefix.length - 1))) - 1
    // two stars in a row are one; what follows the last one decides about the end
    this.#parts = parts.length === 1 ? undefined : parts.filter((part, i) => i > 0 && (part !== '' || i === parts.length - 1))
  }

  /** Whether a path that begins so could match: three characters are compared as one number, and most rules fail here. */
  begins(start: number): boolean {
    return (start & this.#mask) === this.#start
  }

  /** Each part at the first place it can have: no way of placing them would leave more room for the rest. */
  matches(path: string): boolean {
    if (!path.startsWith(this.#prefix)) return false
    if (this.#parts === undefined) return !this.#anchored || path.length === this.#prefix.length
    let at = this.#prefix.length
    const last = this.#parts.length - 1
    for (const [i, part] of this.#parts.entries()) {
      if (i === last && this.#anchored) return path.length - part.length >= at && path.endsWith(part)
      const found = path.indexOf(part, at)
      if (found < 0) return false
      at = found + part.length
    }
    return true
  }
}

/** The three characters after the first, which is a slash in nearly every rule; all are ASCII in the form that is compared. */
function startOf(path: string): number {
  let start = 0
  for (let i = Math.min(3, path.length - 1); i > 0; i--) start = (start << 8) | (path.charCodeAt(i) & 0xff)
  return start
}

function* linesOf(body: Uint8Array): Generator<string> {
  let end = Math.min(body.length, MAX_ROBOTS_SIZE)
  // half of the last line could say something else than the whole of it
  if (end < body.length) while (end > 0 && body[end] !== 0x0a && body[end] !== 0x0d) end--
  const text = Buffer.from(body.buffer, body.byteOffset, end).toString()
  for (const line of text
    .replace(/^\ufeff/, '')
    .replaceAll('\ufffd', '')
    .split(/[\r\n]+/)) {
    const comment = line.indexOf('#')
    const said = (comment < 0 ? line : line.slice(0, comment)).trim()
    if (said !== '') yield said
  }
}

/** A line without a colon is read as words, which Google and Protego do too. */
function readLine(line: string): [directive: Directive | undefined, value: string] {
  const colon = line.indexOf(':')
  if (colon >= 0) {
    const directive = DIRECTIVES.get(line.slice(0, colon).trim().toLowerCase())
    const value = line.slice(colon + 1)
    if (directive !== undefined || value === '' || /^\s/.test(value)) return [directive, value.trim()]
  }
  const space = line.search(/\s/)
  return space < 0 ? [undefined, ''] : [DIRECTIVES.get(line.slice(0, space).toLowerCase()), line.slice(space).trim()]
}

/** The sitemaps that a robots.txt names, as they are written there. */
export function sitemapsOf(body: Uint8Array): string[] {
  const sitemaps: string[] = []
  for (const line of linesOf(body)) {
    const [directive, value] = readLine(line)
    if (directive === 'sitemap' && value !== '') sitemaps.push(flatString(value))
  }
  return sitemaps
}

/** Names have no wildcards; one with stars is taken for what is around them as well. */
function agentNames(value: string): string[] {
  const name = value.toLowerCase()
  const bare = name.replaceAll('*', '')
  return name === '*' || bare === name || bare === '' ? [name] : [name, bare]
}
