import { UsageError } from '../errors.ts'
import { nearest } from '../util/suggest.ts'
import type { FakeSiteOptions, Fault } from './contract.ts'

type Check = readonly [isRight: (value: unknown) => boolean, expected: string]

const text: Check = [(value) => typeof value === 'string' && value !== '', 'a text']
const whole: Check = [(value) => Number.isSafeInteger(value) && (value as number) >= 0, 'a whole number of at least 0']
const positive: Check = [(value) => isNumber(value) && value > 0, 'a number above 0']
const list: Check = [Array.isArray, 'a list']
const fn: Check = [(value) => typeof value === 'function', 'a function']
const oneOf = (...words: readonly string[]): Check => [
  (value) => words.includes(value as string),
  words.map((word) => `'${word}'`).join(' or '),
]

const OPTIONS: Readonly<Record<keyof FakeSiteOptions, Check>> = {
  host: text,
  port: [
    (value) => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 65_536,
    'a port from 0 to 65535',
  ],
  seed: [Number.isSafeInteger, 'a whole number'],
  clientHeader: text,
  latency: [
    (value) => typeof value === 'function' || (isNumber(value) && value >= 0) || isObject(value),
    'milliseconds of at least 0, a function, or { median }',
  ],
  rateLimits: list,
  concurrencyLimits: list,
  faults: list,
  errorPage: fn,
  logSize: whole,
  countedUrls: [(value) => Number.isSafeInteger(value) && (value as number) > 0, 'a whole number above 0'],
  control: [(value) => typeof value === 'boolean', 'true or false'],
  clock: [isObject, 'an object with now() and after()'],
}

const BY = oneOf('client', 'all')
const REQUESTS: Check = [(value) => isNumber(value) && value >= 1, 'a number of at least 1']
const RATE_LIMIT = { requests: REQUESTS, per: positive, by: BY, kind: oneOf('sliding-window', 'token-bucket') }
const CONCURRENCY_LIMIT = { requests: REQUESTS, by: BY }
const LATENCY: Readonly<Record<string, Check>> = {
  median: positive,
  sigma: [(value) => isNumber(value) && value >= 0, 'a number of at least 0'],
  max: positive,
}

const CHANCE = {
  kind: text,
  probability: [(value) => isNumber(value) && value >= 0 && value <= 1, 'a number between 0 and 1'],
  only: [(value) => value instanceof RegExp, 'a regular expression'],
  attempts: [(value) => typeof value === 'number' && value >= 1, 'a number of at least 1'],
} as const satisfies Record<string, Check>
const FAULTS: { readonly [Kind in Fault['kind']]: Readonly<Record<string, Check>> } = {
  status: {
    ...CHANCE,
    statuses: [
      (value) =>
        Array.isArray(value) && value.length > 0 && value.every((one) => Number.isInteger(one) && one >= 200 && one <= 999),
      'a list of statuses from 200 to 999',
    ],
  },
  reset: CHANCE,
  'truncated-body': CHANCE,
  'truncated-json': CHANCE,
  'slow-body': { ...CHANCE, seconds: positive },
  captcha: {
    ...CHANCE,
    page: [(value) => typeof value === 'string' && value.startsWith('/'), 'a path that begins with /'],
    cookie: [(value) => typeof value === 'string' && value.indexOf('=') > 0, "a cookie with its value, such as 'captcha=solved'"],
  },
}

/**
 * Refuses options that a fake site does not have, and what they cannot be: a test whose site does not fail as it was told to proves nothing.
 *
 * @throws UsageError ERR_SITE_OPTION, ERR_LIMIT for what is in a limit, ERR_FAULT for what is in a fault
 */
export function checkOptions(options: FakeSiteOptions): void {
  check('ERR_SITE_OPTION', 'a fake site', options, OPTIONS)
  const { latency, rateLimits = [], concurrencyLimits = [], faults = [] } = options
  if (isObject(latency)) check('ERR_SITE_OPTION', 'the latency of a fake site', latency, LATENCY, 'median')
  for (const limit of rateLimits) check('ERR_LIMIT', 'a rate limit', limit, RATE_LIMIT, 'requests')
  for (const limit of concurrencyLimits) check('ERR_LIMIT', 'a concurrency limit', limit, CONCURRENCY_LIMIT, 'requests')
  for (const fault of faults) {
    const kinds = Object.keys(FAULTS)
    if (!isObject(fault) || !kinds.includes(fault.kind))
      throw new UsageError(
        'ERR_FAULT',
        `Expected the kind of a fault to be one of ${kinds.join(', ')}, got ${shown(fault?.kind)}.`,
      )
    check('ERR_FAULT', `a fault of the kind ${fault.kind}`, fault, FAULTS[fault.kind], 'probability')
  }
}

function check(code: string, what: string, given: object, checks: Readonly<Record<string, Check>>, needed?: string): void {
  if (!isObject(given)) throw new UsageError(code, `Expected ${what} to be an object of options, got ${shown(given)}.`)
  const names = Object.keys(checks)
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue
    const near = nearest(name, names)
    const hint = near === undefined ? '' : ` Did you mean \`${near}\`?`
    throw new UsageError(code, `There is no \`${name}\` of ${what}.${hint} There are ${names.join(', ')}.`)
  }
  for (const [name, [isRight, expected]] of Object.entries(checks)) {
    const value = (given as Record<string, unknown>)[name]
    if ((value === undefined && name !== needed) || isRight(value)) continue
    throw new UsageError(code, `Expected \`${name}\` of ${what} to be ${expected}, got ${shown(value)}.`)
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const shown = (value: unknown): string => (typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value)))
