import { SkeinError } from '../errors.ts'
import { nearest } from '../util/suggest.ts'

const NAMES = [
  'method headers body json callback errback cbArgs meta priority dontFilter slot notBefore encoding timeout maxSize handleStatus',
  'dontRedirect maxRedirects dontRetry maxRetries dontObeyRobotsTxt allowOffsite failOnDataLoss warnSize cookies cookieJar',
  'dontMergeCookies auth proxy localAddress referrerPolicy retryPriority giveUpLogLevel dontThrottle depthReset',
].flatMap((line) => line.split(' '))

/** Names of Scrapy that mean an option here. */
const SCRAPY: ReadonlyMap<string, string> = new Map([
  ['dont_filter', 'dontFilter'],
  ['cb_kwargs', 'cbArgs'],
  ['cbKwargs', 'cbArgs'],
  ['data', 'json'],
  ['download_timeout', 'timeout'],
  ['download_slot', 'slot'],
  ['download_maxsize', 'maxSize'],
  ['download_fail_on_dataloss', 'failOnDataLoss'],
  ['handle_httpstatus_list', 'handleStatus'],
  ['handle_httpstatus_all', 'handleStatus: true'],
  ['dont_redirect', 'dontRedirect'],
  ['redirect_ttl', 'maxRedirects'],
  ['max_redirect_times', 'maxRedirects'],
  ['dont_retry', 'dontRetry'],
  ['max_retry_times', 'maxRetries'],
  ['dont_obey_robotstxt', 'dontObeyRobotsTxt'],
  ['allow_offsite', 'allowOffsite'],
  ['download_warnsize', 'warnSize'],
  ['cookiejar', 'cookieJar'],
  ['dont_merge_cookies', 'dontMergeCookies'],
  ['http_user', 'auth: { user, password }'],
  ['http_pass', 'auth: { user, password }'],
  ['http_auth_domain', 'auth: { user, password, domain }'],
  ['bindaddress', 'localAddress'],
  ['referrer_policy', 'referrerPolicy'],
  ['priority_adjust', 'retryPriority'],
  ['give_up_log_level', 'giveUpLogLevel'],
  ['autothrottle_dont_adjust_delay', 'dontThrottle'],
  ['depth_reset', 'depthReset'],
])

/** Names of Scrapy that mean nothing here, and what to do instead. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['formdata', "encode it yourself: { method: 'POST', body: new URLSearchParams(fields).toString() } and a Content-Type"],
  ['flags', 'keep them in `meta`'],
  ['url', 'it is the first argument'],
])

/** Those of Scrapy's meta keys that are options here. `data` and the like are anybody's words in `meta`. */
const SCRAPY_META: ReadonlySet<string> = new Set(
  [...SCRAPY.keys()].filter((name) => name.includes('_') && name !== 'cb_kwargs' && name !== 'dont_filter'),
)

/** The error for a key that no request has: the name meant, as far as it can be guessed. */
export function unknownOption(key: string): SkeinError {
  const ours = SCRAPY.get(key)
  if (ours !== undefined) return new SkeinError('ERR_REQUEST_OPTION', `A request has no \`${key}\`: here it is \`${ours}\`.`)
  const instead = ELSEWHERE.get(key)
  if (instead !== undefined) return new SkeinError('ERR_REQUEST_OPTION', `A request has no \`${key}\`: ${instead}.`)
  const near = nearest(key, NAMES)
  const hint = near === undefined ? '' : ` Did you mean \`${near}\`?`
  return new SkeinError(
    'ERR_REQUEST_OPTION',
    `A request has no \`${key}\`.${hint} Data of your own belongs in \`meta\`; there are: ${NAMES.join(', ')}.`,
  )
}

/** What is wrong with a key of `meta`: Scrapy keeps options there, and here they would be without effect. */
export function metaProblem(key: string): string | undefined {
  return SCRAPY_META.has(key)
    ? `\`meta.${key}\` would have no effect: here it is an option of the request itself, \`${SCRAPY.get(key)}\`.`
    : undefined
}
