import { isIP } from 'node:net'
import { inspect } from 'node:util'
import { referrerPolicies } from './polite-settings.ts'
import type { Settings } from './settings.ts'

/** Says what is wrong with a value, as a sentence that begins with "Expected"; undefined when nothing is. */
export type Check = (value: unknown, path: string) => string | undefined

function check(expected: string, ok: (value: unknown) => boolean): Check {
  return (value, path) => (ok(value) ? undefined : `Expected \`${path}\` to be ${expected}, got ${show(value)}`)
}

/** A value as it is shown in a message: short, on one line. */
export function show(value: unknown): string {
  const text = inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 60, maxArrayLength: 6 })
  return text.length > 120 ? `${text.slice(0, 117)}...` : text
}

const flag = check('true or false', (v) => typeof v === 'boolean')
const seconds = check('a number of seconds ≥ 0', (v) => typeof v === 'number' && v >= 0 && Number.isFinite(v))
const bytes = check('a whole number of bytes ≥ 0', (v) => Number.isSafeInteger(v) && (v as number) >= 0)
const text = check('a string', (v) => typeof v === 'string')
const integer = check('a whole number', (v) => Number.isSafeInteger(v))
// what may stand in a header: no line breaks, which would let a value forge headers of its own (RFC 9110 §5.5)
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/
const headerLine = check('a text that can stand in a header', (v) => typeof v === 'string' && headerValue.test(v))

function count(min: number): Check {
  return check(`a whole number ≥ ${min}`, (v) => Number.isSafeInteger(v) && (v as number) >= min)
}

function oneOf(...words: string[]): Check {
  return check(`one of ${words.map((w) => `'${w}'`).join(', ')}`, (v) => words.includes(v as string))
}

const isStatuses = (v: unknown): boolean =>
  Array.isArray(v) && v.every((s: unknown) => Number.isInteger(s) && (s as number) >= 100 && (s as number) <= 599)

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v)

const headers: Check = (value, path) => {
  if (!isObject(value)) return `Expected \`${path}\` to be an object of header names and values, got ${show(value)}`
  for (const [name, v] of Object.entries(value)) {
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) return `Expected the names in \`${path}\` to be header names, got ${show(name)}`
    if (v !== null && !(typeof v === 'string' && headerValue.test(v)))
      return `Expected \`${path}\` to have a text that can stand in a header, or null, for ${name}, got ${show(v)}`
  }
  return undefined
}

const slotChecks: Readonly<Record<string, Check>> = {
  delay: seconds,
  concurrency: count(1),
  randomizeDelay: flag,
  budget: count(0),
}

const slots: Check = (value, path) => {
  if (!isObject(value)) return `Expected \`${path}\` to be an object of slot names and their settings, got ${show(value)}`
  for (const [slot, given] of Object.entries(value)) {
    const at = `${path}['${slot}']`
    if (!isObject(given)) return `Expected \`${at}\` to be an object like { delay: 2, concurrency: 1 }, got ${show(given)}`
    for (const [name, v] of Object.entries(given)) {
      const problem = Object.hasOwn(slotChecks, name)
        ? slotChecks[name]!(v, `${at}.${name}`)
        : `Expected \`${at}\` to have delay, concurrency, randomizeDelay or budget, got ${show(name)}`
      if (problem !== undefined) return problem
    }
  }
  return undefined
}

const positive = check('a number above 0', (v) => typeof v === 'number' && v > 0 && Number.isFinite(v))
const texts = check('a list of texts', (v) => Array.isArray(v) && v.every((one) => typeof one === 'string' && one !== ''))

/** A host name or address, as it stands in a URL; a port may follow. */
const HOST = /^(?:[^\s/?#@:[\]]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i

/** An object whose names are hosts, and whose values are objects of texts with these fields. Values are never shown: they are secrets. */
function byHost(example: string, fits: (given: Readonly<Record<string, unknown>>) => boolean): Check {
  return (value, path) => {
    if (!isObject(value)) return `Expected \`${path}\` to be an object like ${example}`
    for (const [host, given] of Object.entries(value)) {
      if (!HOST.test(host))
        return `Expected the names in \`${path}\` to be hosts such as 'example.com' or 'example.com:8080', got ${show(host)}`
      const right = isObject(given) && Object.values(given).every((v) => typeof v === 'string') && fits(given)
      if (!right) return `Expected \`${path}['${host}']\` to be as in ${example}`
    }
    return undefined
  }
}

const hasOnly = (given: object, ...names: string[]): boolean => Object.keys(given).every((name) => names.includes(name))

const PROXY = /^(?:https?|socks5h?):\/\/(?:[^\s/?#@]*@)?[^\s/?#@]+\/?$/i

/** Shown without the value: there may be a password in it. */
const proxy: Check = (value, path) =>
  typeof value === 'string' && (value === '' || value === 'direct' || PROXY.test(value))
    ? undefined
    : `Expected \`${path}\` to be 'direct' or the URL of a proxy such as 'http://proxy.example.com:3128' (or https://, socks5://)`

const nameServers = check(
  "a list of addresses such as '9.9.9.9' or '[2620:fe::fe]:53'",
  (v) =>
    Array.isArray(v) &&
    v.every((one) => typeof one === 'string' && isIP(one.replace(/^\[(.*)\](:\d+)?$|^([^:]+):\d+$/, '$1$3')) !== 0),
)

const DOWNLOAD_ERRORS =
  'ERR_DNS ERR_CONNECT ERR_TLS ERR_RESET ERR_TIMEOUT ERR_TOO_LARGE ERR_DATA_LOSS ERR_PROTOCOL ERR_PROXY ERR_DECODE ERR_SCHEME ERR_FILE'.split(
    ' ',
  )

/** What each setting must look like. */
export const checks: Readonly<Record<keyof Settings, Check>> = {
  preset: oneOf('polite', 'fast', 'broad', 'scrapy'),
  userAgent: headerLine,
  defaultHeaders: headers,
  referer: flag,
  referrerPolicy: oneOf(...referrerPolicies),
  cookies: flag,
  httpAuth: byHost(
    "{ 'intranet.example.com': { user: 'me', password: 'secret' } }",
    (given) => hasOnly(given, 'user', 'password') && 'user' in given && 'password' in given,
  ),
  obeyRobotsTxt: flag,
  robotsUserAgent: headerLine,
  concurrency: count(1),
  concurrencyPerSlot: count(1),
  delay: seconds,
  randomizeDelay: flag,
  slotBy: oneOf('host', 'domain'),
  slots,
  obeyCrawlDelay: flag,
  robotsErrors: oneOf('rfc9309', 'scrapy'),
  obeyRetryAfter: flag,
  easeOff: flag,
  autoThrottle: flag,
  autoThrottleStartDelay: seconds,
  autoThrottleMaxDelay: seconds,
  autoThrottleTargetConcurrency: positive,
  order: oneOf('lifo', 'fifo'),
  depthLimit: count(0),
  depthPriority: integer,
  fingerprint: oneOf('scrapy-redis', 'scrapy'),
  maxDeliveries: count(1),
  depthStats: flag,
  urlLengthLimit: count(0),
  maxPages: count(0),
  maxItems: count(0),
  maxErrors: count(0),
  maxTime: seconds,
  maxTimeWithoutItem: seconds,
  maxPagesWithoutItem: count(0),
  memoryLimit: bytes,
  memoryWarning: bytes,
  maxRequestsPerSecond: check('a number ≥ 0', (v) => typeof v === 'number' && v >= 0 && Number.isFinite(v)),
  budgetPerSlot: count(0),
  jobDir: text,
  jobDurability: oneOf('process', 'power'),
  redis: text,
  redisCa: text,
  allowEviction: flag,
  job: check('letters, digits, `_`, `-` and `.`', (v) => typeof v === 'string' && /^[\w.-]*$/.test(v)),
  persist: flag,
  flushOnStart: flag,
  keepAlive: flag,
  maxIdle: seconds,
  dedupe: oneOf('compact', 'scrapy-redis', 'bloom'),
  redisItems: flag,
  sessionTtl: check('a number of seconds ≥ 1', (v) => typeof v === 'number' && v >= 1 && Number.isFinite(v)),
  startUrlsKey: text,
  startUrlsType: oneOf('list', 'set', 'zset'),
  itemsKey: text,
  dupefilterKey: text,
  downloadTimeout: seconds,
  dnsTimeout: positive,
  connectTimeout: positive,
  tlsTimeout: positive,
  headersTimeout: seconds,
  idleTimeout: seconds,
  maxResponseSize: bytes,
  warnResponseSize: bytes,
  maxActiveBytes: bytes,
  concurrentItems: count(1),
  failOnDataLoss: flag,
  verifyTls: flag,
  tlsMinVersion: oneOf('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'),
  tlsMaxVersion: oneOf('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'),
  tlsCiphers: text,
  tlsCa: text,
  clientCertificates: byHost(
    "{ 'bank.example.com': { cert: 'me.crt', key: 'me.key' } } or { 'bank.example.com': { pfx: 'me.p12', passphrase: 'secret' } }",
    (given) =>
      hasOnly(given, 'cert', 'key', 'pfx', 'passphrase') &&
      ('pfx' in given ? !('cert' in given || 'key' in given) : 'cert' in given && 'key' in given),
  ),
  http2: flag,
  maxPools: count(1),
  dnsCacheTtl: seconds,
  dnsServers: nameServers,
  ipFamily: oneOf('any', 'ipv4', 'ipv6'),
  localAddress: check('an IP address of this machine', (v) => v === '' || (typeof v === 'string' && isIP(v) !== 0)),
  proxy,
  noProxy: texts,
  compression: flag,
  followRedirects: flag,
  metaRefresh: flag,
  metaRefreshMaxDelay: seconds,
  metaRefreshIgnoreTags: texts,
  maxRedirects: count(0),
  redirectPriority: integer,
  retry: flag,
  maxRetries: count(0),
  retryStatuses: check('a list of HTTP statuses (100 to 599)', isStatuses),
  retryDelay: seconds,
  retryErrors: check(
    `a list of ${DOWNLOAD_ERRORS.join(', ')}`,
    (v) => Array.isArray(v) && v.every((code) => DOWNLOAD_ERRORS.includes(code as string)),
  ),
  retryUnsafe: flag,
  retryPriority: integer,
  giveUpLogLevel: oneOf('debug', 'info', 'warn', 'error'),
  handleStatus: check('true, or a list of HTTP statuses (100 to 599)', (v) => v === true || isStatuses(v)),
  shutdownGrace: seconds,
  logLevel: oneOf('debug', 'info', 'warn', 'error', 'silent'),
  logFile: text,
  logFormat: oneOf('text', 'json'),
  logStatsInterval: seconds,
}
