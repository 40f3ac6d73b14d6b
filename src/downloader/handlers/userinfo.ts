/**
 * The origin of a URL of http or https without its `name:password@`, and the value of the `Authorization` header that says the same
 * (RFC 7617, UTF-8). `undefined` when there is none in it.
 */
export function splitUserinfo(origin: string): { origin: string; authorization: string | undefined } | undefined {
  const at = origin.lastIndexOf('@')
  if (at < 0) return undefined
  const from = origin.indexOf('://') + 3
  const { user, password } = readUserinfo(origin.slice(from, at))
  return {
    origin: origin.slice(0, from) + origin.slice(at + 1),
    authorization: user.length + password.length === 0 ? undefined : basicCredentials(user, password),
  }
}

/** Name and password as they stand before the `@`, percent-decoded. */
export function readUserinfo(userinfo: string): { user: Buffer; password: Buffer } {
  const colon = userinfo.indexOf(':')
  return {
    user: unescapeBytes(colon < 0 ? userinfo : userinfo.slice(0, colon)),
    password: unescapeBytes(colon < 0 ? '' : userinfo.slice(colon + 1)),
  }
}

/** What stands in `Authorization` and `Proxy-Authorization` for a name and a password (RFC 7617). */
export function basicCredentials(user: Buffer, password: Buffer): string {
  return `Basic ${Buffer.concat([user, Buffer.from(':'), password]).toString('base64')}`
}

/** Bytes, as `%ff` in a password need not be UTF-8. */
function unescapeBytes(text: string): Buffer {
  const latin1 = Buffer.from(text).toString('latin1')
  return Buffer.from(
    latin1.replace(/%([0-9a-f]{2})/gi, (_: string, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
}
