import { SkeinError } from '../errors.ts'
import { safeUrl } from '../url/safe-url.ts'
import { urlJoin } from '../url/url-join.ts'
import { flatString } from '../util/flat-string.ts'
import { tagAttributes } from './tag-attributes.ts'

/** As far as Scrapy looks for a base tag. */
const REACH = 4096
const BASE = /<base(?=[\s/])/gi
const COMMENT = /<!--[\s\S]*?(?:-->|$)/g

/**
 * What the relative URLs of a page are relative to: the `href` of the first `<base>` that has one, in the first 4096 characters and
 * outside of comments, or else the URL of the page. A base that is no URL counts as none.
 */
export function baseUrlOf(text: string, url: string, encoding: () => string): string {
  let head = text.slice(0, REACH)
  BASE.lastIndex = 0
  if (!BASE.test(head)) return url
  head = head.replace(COMMENT, '')
  BASE.lastIndex = 0
  while (BASE.test(head)) {
    const { attributes, end } = tagAttributes(head, BASE.lastIndex)
    BASE.lastIndex = end
    const href = attributes.find(([name]) => name === 'href')?.[1]
    if (href !== undefined) return join(url, href.trim().replaceAll('&amp;', '&'), encoding()) ?? url
  }
  return url
}

function join(url: string, href: string, encoding: string): string | undefined {
  try {
    return flatString(urlJoin(safeUrl(url), safeUrl(href, { encoding })))
  } catch (error) {
    if (error instanceof SkeinError) return undefined
    throw error
  }
}
