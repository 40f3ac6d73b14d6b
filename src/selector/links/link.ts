/** A link found on a page. */
export interface Link {
  /** Absolute, and safe to send as it is; with its fragment. */
  url: string
  /** Text of the element, space kept as it is; '' for elements that have none, such as `<area>`. */
  readonly text: string
  /** Always '', as in Scrapy: the fragment stays inside of `url`. */
  readonly fragment: ''
  /** Whether `rel` has the word `nofollow`. It is told, not obeyed. */
  readonly nofollow: boolean
}

/** What a LinkExtractor reads of a page. A response is one. */
export interface LinkPage {
  /** Absolute URL of the page. */
  readonly url: string
  readonly text: string
  /** Encoding of the page; characters in the query of its links are sent in it. */
  readonly encoding: string
  /** The page's tree, made when it is first asked for: only where regions are named, in XML, or where a scan cannot tell. */
  readonly selector: LinkRegion
  /** @default 'html' */
  readonly kind?: 'html' | 'xml'
}

/** What a LinkExtractor reads of a selector. */
export interface LinkRegion {
  /** The node it stands for. */
  readonly root: unknown
  css(query: string): Iterable<LinkRegion>
  xpath(query: string): Iterable<LinkRegion>
}
