/**
 * The origin of a URL of http or https without its `name:password@`, and the value of the `Authorization` header that says the same
 * (RFC 7617, UTF-8). `undefined` when there is none in it.
 */
export function splitUserinfo(origin: string): { origin: string; authorization: string | undefined } | undefined {
  const at = origin.lastIndexOf('@')
  if (at < 0) return undefined
  const from = origin.indexOf('://') + 3
  const userinfo = origin.slice(from, at)
  const colon = userinfo.indexOf(':')
  const name = unescapeBytes(colon < 0 ? userinfo : userinfo.slice(0, colon))
  const password = unescapeBytes(colon < 0 ? '' : userinfo.slice(colon + 1))
  const bytes = Buffer.concat([name, Buffer.from(':'), password])
  return {
    origin: origin.slice(0, from) + origin.slice(at + 1),
    authorization: bytes.length === 1 ? undefined : `Basic ${bytes.toString('base64')}`,
  }
}

/** Bytes, as `%ff` in a password need not be UTF-8. */
function unescapeBytes(text: string): Buffer {
  const latin1 = Buffer.from(text).toString('latin1')
  return Buffer.from(
    latin1.replace(/%([0-9a-f]{2})/gi, (_: string, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
}
