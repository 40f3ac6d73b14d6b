import { quoted, UrlProblem } from './url-problem.ts'

/** What an authority is made of. A part that is missing is undefined, save the host, which is empty then. */
export interface Authority {
  readonly username: string | undefined
  readonly password: string | undefined
  /** Lower case, without the brackets of an IPv6 address; its zone (`%eth0`) keeps its case. */
  readonly host: string
  /** 0 to 65535. */
  readonly port: number | undefined
}

const NON_ASCII = /[^\x00-\x7f]/
const DIGIT = /\p{Nd}/u
/**
 * A number as Python's `int()` reads it: with blanks around it, a sign, single underscores, and the digits of any script. The blanks
 * are those of `\s` without U+FEFF and with U+0085.
 */
const NUMBER =
  /^[\t-\r\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*([+-]?\p{Nd}+(?:_\p{Nd}+)*)[\t-\r\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$/u

/**
 * Takes `user:password@host:port` apart.
 *
 * @throws UrlProblem for a port that is not a number from 0 to 65535
 */
export function parseAuthority(authority: string): Authority {
  const at = authority.lastIndexOf('@')
  const hostPort = at === -1 ? authority : authority.slice(at + 1)
  let username: string | undefined
  let password: string | undefined
  if (at !== -1) {
    const colon = authority.indexOf(':')
    const split = colon !== -1 && colon < at
    username = authority.slice(0, split ? colon : at)
    if (split) password = authority.slice(colon + 1, at)
  }
  const [host, port] = authority.includes('[') ? splitBracketed(hostPort) : cut(hostPort, ':')
  const zone = host.indexOf('%')
  const lower = zone === -1 ? host.toLowerCase() : host.slice(0, zone).toLowerCase() + host.slice(zone)
  return { username, password, host: lower, port: port === '' ? undefined : parsePort(port) }
}

/** Host and port, where one part of the authority has brackets. Only those in front of the port count. */
function splitBracketed(hostPort: string): [host: string, port: string] {
  const [host, after] = cut(cut(hostPort, '[')[1], ']')
  return [host, cut(after, ':')[1]]
}

function cut(text: string, separator: string): [before: string, after: string] {
  const index = text.indexOf(separator)
  return index === -1 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)]
}

function parsePort(text: string): number {
  const digits = NUMBER.exec(text)?.[1]
  if (digits === undefined) {
    throw new UrlProblem(`the port ${quoted(text)} is not a number. Expected one from 0 to 65535, or none.`)
  }
  let port = 0
  for (const char of digits) {
    if (!DIGIT.test(char)) continue
    port = Math.min(port * 10 + digitValue(char.codePointAt(0)!), 1e6)
  }
  if (port > 65535 || (digits.startsWith('-') && port !== 0)) {
    throw new UrlProblem(`the port ${quoted(text)} is out of range. Expected one from 0 to 65535, or none.`)
  }
  return port
}

/** Unicode keeps the ten digits of a script together, in order, so the place in the run is the value. */
function digitValue(code: number): number {
  if (code < 0x80) return code - 0x30
  let start = code
  while (DIGIT.test(String.fromCodePoint(start - 1))) start--
  return (code - start) % 10
}

/**
 * Refuses an authority in which Unicode normalization (NFKC) brings forth a delimiter, such as U+2100, which becomes `a/c`: the host
 * that is shown would not be the host that is asked (CVE-2019-9636).
 *
 * @param backslash whether a backslash is a delimiter
 */
export function checkNormalized(authority: string, backslash: boolean): void {
  if (!NON_ASCII.test(authority)) return
  const plain = authority.replace(/[@:#?]/g, '')
  const normalized = plain.normalize('NFKC')
  if (plain !== normalized && (backslash ? /[/?#@:\\]/ : /[/?#@:]/).test(normalized)) {
    throw new UrlProblem(`its host ${quoted(authority)} becomes another URL under Unicode normalization. Expected a plain host.`)
  }
}

/** Refuses brackets that are not closed, not around the whole host, or not around an IPv6 or IPvFuture address (RFC 3986 §3.2.2). */
export function checkBrackets(authority: string): void {
  const open = authority.includes('[')
  if (open !== authority.includes(']')) throw badBrackets()
  if (!open) return
  const hostPort = authority.slice(authority.lastIndexOf('@') + 1)
  let host = hostPort
  if (hostPort.includes('[')) {
    if (!hostPort.startsWith('[')) throw badBrackets()
    const close = hostPort.indexOf(']')
    const after = close === -1 ? '' : hostPort.slice(close + 1)
    if (after !== '' && !after.startsWith(':')) throw badBrackets()
    host = hostPort.slice(1, close === -1 ? undefined : close)
  } else if (hostPort.includes(':')) {
    host = hostPort.slice(0, hostPort.indexOf(':'))
  }
  if (/^v/i.test(host) ? !/^v[0-9a-fA-F]+\..+$/.test(host) : !isIpv6(host)) throw badBrackets()
}

function badBrackets(): UrlProblem {
  return new UrlProblem('the brackets in its host hold no IPv6 address. Expected a host such as [2001:db8::1].')
}

/** An IPv6 address in text, with a zone or without (RFC 4291 §2.2, RFC 4007 §11). */
function isIpv6(text: string): boolean {
  const zone = text.indexOf('%')
  if (zone !== -1 && (zone === text.length - 1 || text.includes('%', zone + 1))) return false
  let address = zone === -1 ? text : text.slice(0, zone)
  const lastColon = address.lastIndexOf(':')
  if (address.includes('.')) {
    if (!/^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(address.slice(lastColon + 1))) return false
    address = `${address.slice(0, lastColon + 1)}0:0`
  }
  const halves = address.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false
  return halves.length === 2 ? groups.length <= 7 : groups.length === 8
}
