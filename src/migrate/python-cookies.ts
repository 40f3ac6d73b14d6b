import type { PickleValue } from '../frontier/redis/pickle/pickle-value.ts'
import type { RequestInit } from '../http/request.ts'
import { toJson } from './python-data.ts'

/**
 * Cookies of a Scrapy request as the option `cookies` here. Scrapy takes `{name: value}`, or a list of dicts of which it reads name, value, domain,
 * path and secure; it leaves out one without a name or a value, and writes True as Python does.
 */
export function readPythonCookies(value: PickleValue | undefined): RequestInit['cookies'] {
  if (value === undefined) return undefined
  const cookies = toJson(value, 'cookies')
  // anything else is for the request to refuse
  if (typeof cookies !== 'object' || cookies === null) return cookies as never
  if (!Array.isArray(cookies)) {
    const all = Object.entries(cookies)
    return all.length === 0 ? undefined : (Object.fromEntries(all.map(([name, text]) => [name, pythonText(text)])) as never)
  }
  const read = cookies.flatMap((cookie) => {
    if (typeof cookie !== 'object' || cookie === null || Array.isArray(cookie)) return [cookie]
    const { name, value: text, domain, path, secure } = cookie
    if (name === undefined || name === null || name === '' || text === undefined || text === null) return []
    return [{ name, value: pythonText(text), domain, path, ...(secure === undefined ? {} : { secure: Boolean(secure) }) }]
  })
  return read.length === 0 ? undefined : (read as never)
}

function pythonText(value: unknown): unknown {
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : value
}
