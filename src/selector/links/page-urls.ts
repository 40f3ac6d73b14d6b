import { SkeinError } from '../../errors.ts'
import { safeUrl } from '../../url/safe-url.ts'
import { keepsAscii } from '../../url/text-to-bytes.ts'
import { UrlJoiner, urlJoin } from '../../url/url-join.ts'
import { flatString } from '../../util/flat-string.ts'

/** The parts of a LinkExtractor's options that decide what a value means. */
export interface ValueOptions {
  readonly strip: boolean
  readonly process: ((value: string) => string | undefined) | undefined
}

// References that joining and making safe leave alone: no dots to resolve, no empty segment, nothing to encode, and no empty query or fragment,
// which would drop out. A regular expression reads the view of the page that a value is faster than a loop does.
const segment = '[\\w~!$&()*+,=@%-][\\w.~!$&()*+,=@%-]*'
const rest = '[\\w.~!$&()*+,=@%/:?-]+'
const path = `${segment}(?:/${segment})*/?`
const tail = `(?:\\?${rest})?(?:#${rest})?$`
const plainFromRoot = new RegExp(`^/(?:${path})?${tail}`)
const plainRelative = new RegExp(`^((?:\\.\\./)*)${path}${tail}`)
const plainFragment = new RegExp(`^#${rest}$`)
const plainAbsolute = new RegExp(`^(https?://[\\w.-]+(?::\\d+)?/)(?:${path})?${tail}`, 'i')
const onTheWeb = /^https?:\/\/[^/]/
const otherScheme = /^(?!https?:|ftp:|file:)[a-z][a-z0-9+.-]*:/i
const outerSpace = /^[ \t\n\f\r]+|[ \t\n\f\r]+$/g

/** Origins seen in links, as they are written and as they are sent. */
const origins = new Map<string, string | undefined>()
const MAX_ORIGINS = 1000

/**
 * Makes the values of one page's links absolute and safe to send. What a usual value has to be put behind (`/x`: the origin, `x` and `../x`:
 * a directory, `#x`: the page) is worked out once for a page: then one look at the value is all, a quarter of the time.
 */
export class PageUrls {
  readonly #url: string
  readonly #encoding: { readonly encoding: string }
  readonly #options: ValueOptions
  readonly #baseHref: string
  /** What stands before `x` in the URLs that `/x`, `#x`, `x`, `../x` … mean here; undefined where nothing simply does. */
  readonly #prefixes = new Map<string, string | undefined>()
  readonly #asciiSafe: boolean
  /** The URL that links are relative to is one of the usual ones: no dots in its path, and nothing empty. */
  #isPlain = false
  #pageJoiner: UrlJoiner | undefined
  #baseJoiner: UrlJoiner | undefined

  /** @param base `href` of the page's `<base>` as written. One that is blank, or no URL, does not count. */
  constructor(url: string, encoding: string, base: string | undefined, options: ValueOptions) {
    this.#url = url
    this.#encoding = { encoding }
    this.#options = options
    this.#baseHref = base === undefined ? '' : stripSpace(base)
    this.#asciiSafe = keepsAscii(encoding)
    if (this.#baseHref === '') this.#preparePlain(url)
  }

  /** For a page whose URL is one of the usual ones there is nothing to be worked out. */
  #preparePlain(url: string): void {
    const start = plainAbsolute.exec(url)?.[1]
    if (start === undefined || safeOrigin(start) !== start) return
    const hash = url.indexOf('#')
    const page = hash < 0 ? url : url.slice(0, hash)
    const query = page.indexOf('?')
    this.#prefixes.set('/', start)
    this.#prefixes.set('#', `${page}#`)
    this.#prefixes.set('', page.slice(0, page.lastIndexOf('/', query < 0 ? page.length : query) + 1))
    this.#isPlain = true
  }

  get #page(): UrlJoiner {
    return (this.#pageJoiner ??= new UrlJoiner(safeUrl(this.#url)))
  }

  get #base(): UrlJoiner {
    if (this.#baseJoiner === undefined) {
      const href = this.#baseHref
      const url = href === '' ? undefined : this.#tryUrl(() => this.#page.join(safeUrl(href, this.#encoding)))
      this.#baseJoiner = (url === undefined ? undefined : this.#tryUrl(() => new UrlJoiner(url))) ?? this.#page
    }
    return this.#baseJoiner
  }

  /** The URL of a link with this value; undefined when it is none that can be followed, or `process` leaves it out. It is no view of `value`. */
  resolve(value: string): string | undefined {
    const reference = this.#options.strip ? stripSpace(value) : value
    const { process } = this.#options
    if (process === undefined && this.#asciiSafe) {
      const url = this.#plain(reference)
      if (url !== undefined) return url
      if (otherScheme.test(reference)) return undefined
    }
    return this.#resolve(reference, process)
  }

  /** The URL when `reference` is one of the usual ones. */
  #plain(reference: string): string | undefined {
    const first = reference.charCodeAt(0)
    if (first === 0x2f) return plainFromRoot.test(reference) ? this.#behind('/', reference) : undefined
    if (first === 0x23) return plainFragment.test(reference) ? this.#behind('#', reference) : undefined
    if ((first | 32) === 0x68) {
      const start = plainAbsolute.exec(reference)?.[1]
      if (start !== undefined) return onTheWeb.test(this.#url) ? absolute(start, reference) : undefined
    }
    const up = plainRelative.exec(reference)?.[1]
    return up === undefined ? undefined : this.#behind(up, reference)
  }

  /** `reference` with what its beginning `start` means here. */
  #behind(start: string, reference: string): string | undefined {
    let prefix = this.#prefixes.get(start)
    if (prefix === undefined && !this.#prefixes.has(start)) {
      prefix = this.#isPlain ? this.#above(start.length / '../'.length) : this.#whatIsBefore(start)
      this.#prefixes.set(start, prefix)
    }
    return prefix === undefined ? undefined : prefix + reference.slice(start.length)
  }

  /** The directory that is so many levels above that of a plain page. The root is above itself. */
  #above(levels: number): string {
    const root = this.#prefixes.get('/')!
    let directory = this.#prefixes.get('')!
    for (let i = 0; i < levels && directory.length > root.length; i++)
      directory = directory.slice(0, directory.lastIndexOf('/', directory.length - 2) + 1)
    return directory
  }

  #whatIsBefore(start: string): string | undefined {
    const url = this.#resolve(`${start}x`, undefined)
    return url?.endsWith('x') ? url.slice(0, -1) : undefined
  }

  #resolve(reference: string, process: ValueOptions['process']): string | undefined {
    const joined = this.#tryUrl(() => this.#base.join(reference))
    const processed = process === undefined || joined === undefined ? joined : process(joined)
    if (processed === undefined) return undefined
    return this.#tryUrl(() => {
      const safe = safeUrl(processed, this.#encoding)
      // what was joined with the page's own URL and is safe as it is would stay the same
      return flatString(process === undefined && this.#base === this.#page && safe === joined ? safe : this.#page.join(safe))
    })
  }

  #tryUrl<T>(make: () => T): T | undefined {
    try {
      return make()
    } catch (error) {
      if (error instanceof SkeinError && error.code === 'ERR_URL_INVALID') return undefined
      throw error
    }
  }
}

/** An absolute reference that begins with `start`, such as `HTTP://H.example/`; undefined when that is no origin. */
function absolute(start: string, reference: string): string | undefined {
  const origin = safeOrigin(start)
  if (origin === undefined) return undefined
  return origin === start ? flatString(reference) : origin + reference.slice(start.length)
}

function safeOrigin(start: string): string | undefined {
  let origin = origins.get(start)
  if (origin !== undefined || origins.has(start)) return origin
  try {
    origin = urlJoin('http://a/', safeUrl(urlJoin('http://a/', `${start}x`))).slice(0, -1)
  } catch {
    origin = undefined
  }
  if (origins.size >= MAX_ORIGINS) origins.clear()
  origins.set(flatString(start), origin)
  return origin
}

function stripSpace(value: string): string {
  const first = value.charCodeAt(0)
  const last = value.charCodeAt(value.length - 1)
  return first > 32 && last > 32 ? value : value.replace(outerSpace, '')
}
