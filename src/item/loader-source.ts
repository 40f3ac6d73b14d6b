/** What a loader takes values from: a page, a selector, or what a selector found. */
export interface LoaderSource {
  css(query: string): LoaderMatches
  xpath(query: string): LoaderMatches
  jmespath(query: string): { getall(): unknown[] }
}

/** What was found, which can be searched in turn. */
export interface LoaderMatches extends LoaderSource {
  getall(): string[]
}

/** A page, as a loader sees it. */
export interface LoaderPage extends LoaderSource {
  readonly url: string
}
