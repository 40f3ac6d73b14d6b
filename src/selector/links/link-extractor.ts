import { UsageError } from '../../errors.ts'
import { canonicalizeUrl } from '../../url/canonicalize-url.ts'
import { Document, Element } from '../dom.ts'
import { codeUnits } from './code-units.ts'
import type { Link, LinkPage } from './link.ts'
import { LinkFilter } from './link-filter.ts'
import { type CheckedLinkOptions, checkLinkOptions, type LinkExtractorOptions } from './link-options.ts'
import { LinkScanner, type ScannedLink } from './link-scanner.ts'
import { elementText, type Meter } from './link-text.ts'
import { PageUrls } from './page-urls.ts'
import { anyMatches } from './patterns.ts'
import { acceptsName, lowerCaseNames, type NameFilter, type TreeLink, treeBase, treeLinks, treeText } from './tree-links.ts'

/** A link of a page, before it is made absolute. */
interface Candidate {
  readonly value: string
  readonly rel: string | undefined
}

/** Where candidates come from. */
interface Source<T extends Candidate> {
  readonly regions: readonly (readonly T[])[]
  /** `href` of the page's `<base>`. */
  readonly base: string | undefined
  /** The text of a candidate. */
  readonly textOf: (candidate: T, meter: Meter) => string
}

/**
 * Finds the links of a page.
 *
 * Without `restrictCss` and `restrictXpaths` no tree is built: the text of the page is scanned, in a sixth of the time. The links are
 * those the tree has, one for each start tag, in the order of the source (see {@link LinkScanner}). With regions, or in XML, they are those
 * of the tree, in its order.
 *
 * Only http, https, ftp and file URLs are links; what is no URL is left out. The page's `<base href>` is respected wherever it stands.
 *
 * @example
 * const links = new LinkExtractor({ allow: '/item/', denyDomains: 'ads.example.com' })
 * for (const link of links.extractLinks(page)) yield page.follow(link.url)
 */
export class LinkExtractor {
  readonly #options: CheckedLinkOptions
  readonly #filter: LinkFilter
  readonly #scanner: LinkScanner | undefined
  /** Tags and attributes, by the kind of page. */
  readonly #names: Readonly<Record<'html' | 'xml', readonly [tags: NameFilter, attributes: NameFilter]>>

  /** @throws UsageError ERR_LINK_OPTION */
  constructor(options: LinkExtractorOptions = {}) {
    this.#options = checkLinkOptions(options)
    this.#filter = new LinkFilter(this.#options)
    const { tags, attributes, restrictCss, restrictXpaths } = this.#options
    this.#names = { html: [lowerCaseNames(tags), lowerCaseNames(attributes)], xml: [tags, attributes] }
    this.#scanner = restrictCss.length + restrictXpaths.length > 0 ? undefined : scannerFor(...this.#names.html)
  }

  /**
   * The links of a page that pass all options.
   *
   * @throws UsageError ERR_LINK_OPTION when a region is not an element; what css and xpath throw for a query that is none
   */
  extractLinks(page: LinkPage): Link[] {
    const { text, kind = 'html' } = page
    if (kind === 'html' && this.#scanner !== undefined) {
      let codes = codeUnits(text)
      // it may look for links in another page
      if (this.#options.process !== undefined) codes = codes.slice()
      const scan = this.#scanner.scan(text, codes)
      if (scan !== undefined) {
        const textOf = ({ contentStart, tag }: ScannedLink, meter: Meter): string =>
          elementText(text, codes, contentStart, tag, meter)
        const { links, unread } = this.#select({ regions: [scan.links], base: scan.base, textOf }, page)
        if (unread) codes = codes.slice()
        return links
      }
    }
    const base = treeBase(asElement(page.selector.root))
    return this.#select(
      { regions: this.#candidates(page, kind), base, textOf: ({ element }, meter) => treeText(element, meter) },
      page,
    ).links
  }

  /** Whether `allow`, `deny`, `allowDomains` and `denyDomains` let this absolute URL pass. */
  matches(url: string): boolean {
    return this.#filter.matches(url)
  }

  /** The links of each region. What is inside of a region before it has none that are new, unless it matters which of two comes first. */
  #candidates(page: LinkPage, kind: 'html' | 'xml'): TreeLink[][] {
    const { unique, restrictText } = this.#options
    const regions = this.#regions(page)
    const searched = unique && restrictText.length === 0 && regions.length > 1 ? new Set<Document | Element>() : undefined
    const [tags, attributes] = this.#names[kind]
    const candidates: TreeLink[][] = []
    for (const region of regions) {
      if (searched?.has(region) !== true) candidates.push(treeLinks(region, kind, tags, attributes, searched))
    }
    return candidates
  }

  #regions({ selector }: LinkPage): (Document | Element)[] {
    const { restrictXpaths, restrictCss } = this.#options
    if (restrictXpaths.length === 0 && restrictCss.length === 0) return [asElement(selector.root)]
    return [
      ...restrictXpaths.flatMap((query) => [...selector.xpath(query)]),
      ...restrictCss.flatMap((query) => [...selector.css(query)]),
    ].map(({ root }) => asElement(root))
  }

  /** As Scrapy: duplicates leave before the filters, in each region, and once more after them, in all. */
  #select<T extends Candidate>({ regions, base, textOf }: Source<T>, page: LinkPage): { links: Link[]; unread: boolean } {
    const { unique, canonicalize, restrictText } = this.#options
    const urls = new PageUrls(page.url, page.encoding, base, this.#options)
    const links: Link[] = []
    const given = unique && (canonicalize || regions.length > 1) ? new Set<string>() : undefined
    // text of elements inside of each other adds up to the square of the page's length: beyond this it is read when it is asked for
    const budget = 65_536 + 2 * page.text.length
    const meter: Meter = { spent: 0 }
    for (const candidates of regions) {
      const seen = unique ? new Set<string>() : undefined
      for (const candidate of candidates) {
        let url = urls.resolve(candidate.value)
        if (url === undefined || (seen !== undefined && !isNew(seen, url))) continue
        if (!this.#filter.accepts(url)) continue
        let text: string | undefined
        if (meter.spent < budget || restrictText.length > 0) {
          text = textOf(candidate, meter)
          if (restrictText.length > 0 && !anyMatches(restrictText, text)) continue
        }
        if (canonicalize) url = canonicalizeUrl(url)
        if (given !== undefined && !isNew(given, url)) continue
        const nofollow = isNofollow(candidate.rel)
        links.push(
          text === undefined ? laterRead(url, nofollow, () => textOf(candidate, meter)) : { url, text, fragment: '', nofollow },
        )
      }
    }
    return { links, unread: meter.spent >= budget }
  }
}

function scannerFor(tags: NameFilter, attributes: NameFilter): LinkScanner | undefined {
  if (attributes.names.has('*') || ![...tags.names].every(LinkScanner.canScan)) return undefined
  const accepted = (filter: NameFilter): string[] => [...filter.names].filter((name) => acceptsName(filter, name))
  return new LinkScanner(accepted(tags), accepted(attributes))
}

function asElement(node: unknown): Document | Element {
  if (node instanceof Element || node instanceof Document) return node
  throw new UsageError(
    'ERR_LINK_OPTION',
    'LinkExtractor: restrictCss and restrictXpaths name the regions that links are looked for in, so they must select elements, not text or attributes.',
  )
}

/** Adds it; false when it was there. */
function isNew(seen: Set<string>, url: string): boolean {
  const before = seen.size
  return seen.add(url).size > before
}

function isNofollow(rel: string | undefined): boolean {
  return rel !== undefined && rel.length >= 8 && /(?:^|[\s,])nofollow(?:[\s,]|$)/i.test(rel)
}

/** A link whose text is read when it is asked for. */
function laterRead(url: string, nofollow: boolean, read: () => string): Link {
  return {
    url,
    get text() {
      return read()
    },
    fragment: '',
    nofollow,
  }
}
