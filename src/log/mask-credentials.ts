// The userinfo of a URL ends at the last @ before the path (WHATWG URL, authority state). The scheme is bounded because this reads what
// pages say: without a bound, a long run of letters would cost its square
const userinfo = /([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#"'<>\\]*@/gi

/**
 * The text with the user name and password of every URL in it replaced by `***`.
 *
 * @example
 * maskCredentials('GET https://me:secret@example.com/') // 'GET https://***@example.com/'
 */
export function maskCredentials(text: string): string {
  // both are rare, and looking for them is cheaper than the expression
  if (!text.includes('@') || !text.includes('://')) return text
  return text.replace(userinfo, '$1***@')
}
