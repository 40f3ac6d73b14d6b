import type { Request } from '../http/request.ts'

/** URLs in one generation; two are kept. A site's own navigation fits, and 2 × 32,768 URLs of 100 bytes are some 10 MB. */
const GENERATION = 32_768

/**
 * Plain GETs that this process knows to have been seen, by URL as it stands. Most links of a page are the site's navigation, found
 * before on the page next to it; this answers for them without canonicalising and hashing.
 *
 * It may forget, and never invents: what it says it knows was seen.
 */
export class KnownUrls {
  #young = new Set<string>()
  #old = new Set<string>()

  has(request: Request): boolean {
    if (!isPlain(request)) return false
    const { url } = request
    if (this.#young.has(url)) return true
    if (!this.#old.has(url)) return false
    this.add(request)
    return true
  }

  add(request: Request): void {
    if (!isPlain(request)) return
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young
      this.#young = new Set()
    }
    this.#young.add(request.url)
  }
}

/** Identity is method, URL and body: only where the other two are the default does the URL alone say it. */
function isPlain(request: Request): boolean {
  return request.method === 'GET' && request.body.length === 0
}
