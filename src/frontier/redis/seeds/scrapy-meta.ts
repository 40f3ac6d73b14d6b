import { parseReferrerPolicy } from '../../../http/referrer-policy.ts'
import type { RequestAuth, RequestInit } from '../../../http/request.ts'

/** What of Scrapy's `meta` is an option of the request here, and what is nobody's but the user's. */
export interface ScrapyMeta {
  /** Names are right; values are checked where the request is made. */
  readonly options: RequestInit
  readonly meta: Readonly<Record<string, unknown>>
}

/** Scrapy's keys that are a matter of yes and no. */
const SWITCHES: ReadonlyMap<string, string> = new Map([
  ['dont_redirect', 'dontRedirect'],
  ['dont_retry', 'dontRetry'],
  ['dont_obey_robotstxt', 'dontObeyRobotsTxt'],
  ['allow_offsite', 'allowOffsite'],
  ['download_fail_on_dataloss', 'failOnDataLoss'],
  ['dont_merge_cookies', 'dontMergeCookies'],
  ['autothrottle_dont_adjust_delay', 'dontThrottle'],
  ['depth_reset', 'depthReset'],
])

type Reading = readonly [option: string, read: (value: unknown) => unknown]

const asIs = (value: unknown): unknown => value

/** Those that have a value; None is no value, and neither is what is read as undefined. */
const VALUES: ReadonlyMap<string, Reading> = new Map<string, Reading>([
  // 0 is no timeout there, and a limit of none here and there for the others
  ['download_timeout', ['timeout', (value) => (isTrue(value) ? value : undefined)]],
  ['download_maxsize', ['maxSize', asIs]],
  ['download_warnsize', ['warnSize', asIs]],
  ['download_slot', ['slot', asIs]],
  ['max_retry_times', ['maxRetries', asIs]],
  ['max_redirect_times', ['maxRedirects', asIs]],
  ['redirect_ttl', ['maxRedirects', asIs]],
  ['handle_httpstatus_list', ['handleStatus', asIs]],
  ['priority_adjust', ['retryPriority', asIs]],
  ['cookiejar', ['cookieJar', readJar]],
  ['bindaddress', ['localAddress', readAddress]],
  ['referrer_policy', ['referrerPolicy', readPolicy]],
  ['give_up_log_level', ['giveUpLogLevel', readLevel]],
])

/** Read together, below; the last two are the proxy middleware's own notes. */
const TOGETHER: ReadonlySet<string> = new Set([
  'handle_httpstatus_all',
  'http_user',
  'http_pass',
  'http_auth_domain',
  'proxy',
  '_scheme_proxy',
  '_auth_proxy',
])

/** Takes apart what Scrapy keeps in one dict. Values that Python counts as nothing set nothing. */
export function splitScrapyMeta(all: Readonly<Record<string, unknown>>): ScrapyMeta {
  const options: Record<string, unknown> = {}
  const meta: [string, unknown][] = []
  for (const [key, value] of Object.entries(all)) {
    const name = SWITCHES.get(key)
    const reading = VALUES.get(key)
    if (name !== undefined) options[name] = isTrue(value)
    else if (reading !== undefined) {
      const read = value === null ? undefined : reading[1](value)
      if (read !== undefined) options[reading[0]] = read
    } else if (!TOGETHER.has(key)) meta.push([key, value])
  }
  // whatever the list says
  if (isTrue(all['handle_httpstatus_all'])) options['handleStatus'] = true
  const auth = readAuth(all)
  if (auth !== undefined) options['auth'] = auth
  // a proxy that was found in the environment is the other machine's affair
  if ('proxy' in all && !isTrue(all['_scheme_proxy'])) options['proxy'] = readProxy(all['proxy'])
  return { options: options as RequestInit, meta: Object.fromEntries(meta) }
}

function readAuth(all: Readonly<Record<string, unknown>>): RequestAuth | undefined {
  const { http_user: user, http_pass: password, http_auth_domain: domain } = all
  if (!isTrue(user) && !isTrue(password)) return undefined
  const auth = { user: isTrue(user) ? user : '', password: isTrue(password) ? password : '' }
  return (isTrue(domain) ? { ...auth, domain } : auth) as RequestAuth
}

/** None is Scrapy's word for none, and a scheme may be missing there. */
function readProxy(proxy: unknown): unknown {
  if (!isTrue(proxy)) return 'direct'
  return typeof proxy === 'string' && !proxy.includes('://') && proxy !== 'direct'
    ? `http://${proxy.replace(/^\/\//, '')}`
    : proxy
}

/** Anything that Python can use as a key may name a jar there. */
function readJar(jar: unknown): unknown {
  return typeof jar === 'number' || (typeof jar === 'string' && jar !== '') ? jar : JSON.stringify(jar)
}

/** An address, or a pair of it and a port, which the system chooses here. */
function readAddress(address: unknown): unknown {
  const host: unknown = Array.isArray(address) ? (address as unknown[])[0] : address
  return isTrue(host) ? host : undefined
}

/** The policies of Scrapy's own that are named by the path of their class. */
const POLICY_CLASSES: ReadonlyMap<string, string> = new Map([
  ['NoReferrerPolicy', 'no-referrer'],
  ['NoReferrerWhenDowngradePolicy', 'no-referrer-when-downgrade'],
  ['SameOriginPolicy', 'same-origin'],
  ['OriginPolicy', 'origin'],
  ['StrictOriginPolicy', 'strict-origin'],
  ['OriginWhenCrossOriginPolicy', 'origin-when-cross-origin'],
  ['StrictOriginWhenCrossOriginPolicy', 'strict-origin-when-cross-origin'],
  ['UnsafeUrlPolicy', 'unsafe-url'],
  ['DefaultReferrerPolicy', 'scrapy-default'],
])

/** One that is not known counts for nothing, as there: then the page and the setting decide. */
function readPolicy(policy: unknown): unknown {
  if (typeof policy !== 'string') return undefined
  // the empty name is what the standard says it is
  if (policy.trim() === '') return 'no-referrer-when-downgrade'
  const own = /^scrapy\.spidermiddlewares\.referer\.(\w+)$/.exec(policy)?.[1]
  return own === undefined ? parseReferrerPolicy([policy]) : POLICY_CLASSES.get(own)
}

type Level = 'debug' | 'info' | 'warn' | 'error'

const LEVELS: ReadonlyMap<string, Level> = new Map<string, Level>([
  ['NOTSET', 'debug'],
  ['DEBUG', 'debug'],
  ['INFO', 'info'],
  ['WARN', 'warn'],
  ['WARNING', 'warn'],
  ['ERROR', 'error'],
  ['FATAL', 'error'],
  ['CRITICAL', 'error'],
])

/** A level of Python's logging, by name or by number; names that a project made up count for nothing. */
function readLevel(level: unknown): Level | undefined {
  if (typeof level === 'string') return LEVELS.get(level.toUpperCase())
  if (typeof level !== 'number') return undefined
  if (level >= 40) return 'error'
  if (level >= 30) return 'warn'
  return level >= 20 ? 'info' : 'debug'
}

/** As Python sees it: nothing, 0, no text and empty lists and dicts are false. */
function isTrue(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return Boolean(value)
  return (Array.isArray(value) ? value : Object.keys(value)).length > 0
}
