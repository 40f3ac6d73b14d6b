import { maskCredentials } from '../log/mask-credentials.ts'

/** Names under which settings keep secrets, and headers that are some. */
const SECRET = /^(password|passphrase|authorization|proxy-authorization|cookie|x-api-key)$/i
/** A setting that is a URL as a whole may have any character in its password. */
const WHOLE_URL = /^([a-z][a-z0-9+.-]*:\/\/)[^/?#\s]*@/i

/**
 * The value of a setting as it may be shown: without the passwords in it, or in URLs in it.
 *
 * @example
 * masked({ 'example.com': { user: 'me', password: 'secret' } }) // { 'example.com': { user: 'me', password: '***' } }
 */
export function masked(value: unknown): unknown {
  if (typeof value === 'string') return maskCredentials(value.replace(WHOLE_URL, '$1***@'))
  if (Array.isArray(value)) return value.map(masked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, SECRET.test(name) && typeof one === 'string' ? '***' : masked(one)]),
  )
}
