import { isUtf8 } from 'node:buffer'
import { urlJoin } from '../../url/url-join.ts'

/**
 * The sitemaps that a robots.txt names, absolute, as Scrapy reads them: lines that begin with `Sitemap:`, in any case, behind white space. A line that is no
 * UTF-8 is passed over.
 */
export function robotsSitemaps(body: Buffer, url: string): string[] {
  const sitemaps: string[] = []
  for (let from = 0; from < body.length; ) {
    const newline = body.indexOf(0x0a, from)
    const end = newline < 0 ? body.length : newline
    const line = body.subarray(from, end)
    from = end + 1
    const text = line.toString('latin1', 0, 256)
    if (!/^[\t-\r ]*sitemap:/i.test(text) || !isUtf8(line)) continue
    sitemaps.push(
      urlJoin(
        url,
        line
          .subarray(line.indexOf(0x3a) + 1)
          .toString()
          .trim(),
      ),
    )
  }
  return sitemaps
}
