import { inspect } from 'node:util'
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

/** What each setting must look like. */
export const checks: Readonly<Record<keyof Settings, Check>> = {
  preset: oneOf('polite', 'fast', 'broad'),
  userAgent: headerLine,
  defaultHeaders: headers,
  obeyRobotsTxt: flag,
  robotsUserAgent: headerLine,
  concurrency: count(1),
  concurrencyPerSlot: count(1),
  delay: seconds,
  randomizeDelay: flag,
  slotBy: oneOf('host', 'domain'),
  slots,
  order: oneOf('lifo', 'fifo'),
  depthLimit: count(0),
  depthPriority: integer,
  fingerprint: oneOf('scrapy-redis', 'scrapy'),
  maxDeliveries: count(1),
  maxPages: count(0),
  maxItems: count(0),
  maxErrors: count(0),
  maxTime: seconds,
  maxRequestsPerSecond: check('a number ≥ 0', (v) => typeof v === 'number' && v >= 0 && Number.isFinite(v)),
  budgetPerSlot: count(0),
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
  connectTimeout: seconds,
  maxResponseSize: bytes,
  warnResponseSize: bytes,
  maxActiveBytes: bytes,
  failOnDataLoss: flag,
  verifyTls: flag,
  http2: flag,
  maxPools: count(1),
  compression: flag,
  followRedirects: flag,
  maxRedirects: count(0),
  retry: flag,
  maxRetries: count(0),
  retryStatuses: check('a list of HTTP statuses (100 to 599)', isStatuses),
  retryDelay: seconds,
  handleStatus: check('true, or a list of HTTP statuses (100 to 599)', (v) => v === true || isStatuses(v)),
  shutdownGrace: seconds,
  logLevel: oneOf('debug', 'info', 'warn', 'error', 'silent'),
  logFile: text,
  logFormat: oneOf('text', 'json'),
  logStatsInterval: seconds,
}
