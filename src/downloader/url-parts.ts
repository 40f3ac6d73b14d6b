/** Where the authority of a URL with a scheme ends: at its path, query or fragment. */
export function endOfAuthority(url: string): number {
  for (let i = url.indexOf('://') + 3; i < url.length; i++) {
    const c = url.charCodeAt(i)
    if (c === 0x2f || c === 0x3f || c === 0x23) return i
  }
  return url.length
}

/** Whether a URL is fetched over HTTP. */
export function isHttp(url: string): boolean {
  return url.startsWith('http://') || url.startsWith('https://')
}

/** A URL as messages show it: without a name and password, should any have come this far. */
export function shownUrl(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i, '$1')
}
