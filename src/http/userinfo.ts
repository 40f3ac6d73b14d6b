/**
 * Takes `name:password@` out of a URL of http or https, and makes the value of an `Authorization` header of it (RFC 7617, UTF-8).
 * `undefined` when there is none; other schemes (ftp) speak of credentials in ways of their own, so theirs stay.
 */
export function splitUserinfo(url: string): { url: string; authorization: string | undefined } | undefined {
  const match = /^(https?:\/\/)([^/?#]*)@/i.exec(url)
  if (match === null) return undefined
  const userinfo = match[2]!
  const colon = userinfo.indexOf(':')
  const name = unescapeBytes(colon < 0 ? userinfo : userinfo.slice(0, colon))
  const password = unescapeBytes(colon < 0 ? '' : userinfo.slice(colon + 1))
  const bytes = Buffer.concat([name, Buffer.from(':'), password])
  return {
    url: match[1] + url.slice(match[0].length),
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
