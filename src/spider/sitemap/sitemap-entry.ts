/** What a sitemap says about one URL, or about another sitemap: the elements in it by name, namespaces left out; of several the last. */
export interface SitemapEntry {
  readonly loc: string
  /** As it is written: `2026-01-31`, or with a time. */
  readonly lastmod?: string
  readonly changefreq?: string
  readonly priority?: string
  /** The same page in other languages (`<xhtml:link rel="alternate" href="…">`). */
  readonly alternate?: readonly string[]
  readonly [name: string]: string | readonly string[] | undefined
}
