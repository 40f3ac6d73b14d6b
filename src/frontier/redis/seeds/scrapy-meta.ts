import type { RequestOptions } from '../../../http/request.ts'

/** What of Scrapy's `meta` is an option of the request here, and what is nobody's but the user's. */
export interface ScrapyMeta {
  readonly options: RequestOptions & { readonly slot?: string }
  readonly meta: Readonly<Record<string, unknown>>
}

/** Scrapy's keys that are a matter of yes and no. */
const SWITCHES: ReadonlyMap<string, string> = new Map([
  ['dont_redirect', 'dontRedirect'],
  ['dont_retry', 'dontRetry'],
  ['dont_obey_robotstxt', 'dontObeyRobotsTxt'],
  ['allow_offsite', 'allowOffsite'],
  ['download_fail_on_dataloss', 'failOnDataLoss'],
])
/** Those that have a value; it is checked where the request is made. */
const VALUES: ReadonlyMap<string, string> = new Map([
  ['download_timeout', 'timeout'],
  ['download_maxsize', 'maxSize'],
  ['download_slot', 'slot'],
  ['max_retry_times', 'maxRetries'],
  ['max_redirect_times', 'maxRedirects'],
  ['redirect_ttl', 'maxRedirects'],
  ['handle_httpstatus_list', 'handleStatus'],
])

/** Takes apart what Scrapy keeps in one dict. Values that Python counts as nothing set nothing. */
export function splitScrapyMeta(all: Readonly<Record<string, unknown>>): ScrapyMeta {
  const options: Record<string, unknown> = {}
  const meta: [string, unknown][] = []
  for (const [key, value] of Object.entries(all)) {
    const name = SWITCHES.get(key)
    const option = VALUES.get(key)
    if (name !== undefined) options[name] = isTrue(value)
    else if (option !== undefined) {
      // 0 is no timeout there, and a limit of none here and there for the others
      if (value !== null && !(key === 'download_timeout' && !isTrue(value))) options[option] = value
    } else if (key !== 'handle_httpstatus_all') meta.push([key, value])
  }
  // whatever the list says
  if (isTrue(all['handle_httpstatus_all'])) options['handleStatus'] = true
  return { options: options as ScrapyMeta['options'], meta: Object.fromEntries(meta) }
}

/** As Python sees it: nothing, 0, no text and empty lists and dicts are false. */
function isTrue(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return Boolean(value)
  return (Array.isArray(value) ? value : Object.keys(value)).length > 0
}
