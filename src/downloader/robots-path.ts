import { endOfAuthority, isHttp } from './url-parts.ts'

/** Paths that are in the form below already: most are. */
const PLAIN_PATH = /^[\w\-.~/]*$/
const PLAIN_QUERY = /^[!-$&-~]*$/

/**
 * The path and query of a URL, or a rule of robots.txt, in the form in which they are compared (RFC 9309, 2.2.2): in the path, escapes of
 * letters, digits and `-._~` are undone, and everything else but `/` is escaped; in the query, escapes are only put into upper case.
 * In a rule `*` and a `$` at its end are kept, for they are not text.
 */
export function comparablePath(text: string, rule: boolean): string {
  const query = text.indexOf('?')
  if (query < 0) return comparablePathname(text, rule, true)
  return `${comparablePathname(text.slice(0, query), rule, false)}?${comparableQuery(text.slice(query + 1))}`
}

/** What a rule is compared with: path and query of a URL, which may be relative, without the fragment. */
export function pathOfUrl(url: string): string {
  const end = url.indexOf('#')
  const whole = end < 0 ? url : url.slice(0, end)
  const rest = isHttp(whole) ? whole.slice(endOfAuthority(whole)) : whole.replace(/^(?:[a-z][a-z0-9+.-]*:)?\/\/[^/?]*/i, '')
  return comparablePath(rest.startsWith('/') ? rest : `/${rest}`, false)
}

function comparablePathname(path: string, rule: boolean, atEnd: boolean): string {
  if (PLAIN_PATH.test(path)) return path
  const anchor = rule && atEnd && path.endsWith('$')
  const text = anchor ? path.slice(0, -1) : path
  const escaped = text.replace(/%[0-9a-f]{2}|[^\w\-.~/%]+/gi, (part) => {
    if (part.startsWith('%')) {
      const char = String.fromCharCode(Number.parseInt(part.slice(1), 16))
      return /[\w\-.~]/.test(char) ? char : part.toUpperCase()
    }
    return rule ? part.replace(/[^*]+/g, escapeAll) : escapeAll(part)
  })
  return anchor ? `${escaped}$` : escaped
}

function comparableQuery(query: string): string {
  if (PLAIN_QUERY.test(query)) return query
  return query.replace(/%[0-9a-f]{2}/gi, (part) => part.toUpperCase()).replace(/[^!-~]+/g, escapeAll)
}

function escapeAll(text: string): string {
  let out = ''
  for (const byte of Buffer.from(text)) out += `%${byte < 16 ? '0' : ''}${byte.toString(16).toUpperCase()}`
  return out
}
