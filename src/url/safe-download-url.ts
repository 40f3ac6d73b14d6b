import { type SafeUrlOptions, safeUrl } from './safe-url.ts'
import { joinUrl, splitUrl } from './split-url.ts'

/**
 * The safe URL without fragment and with its path normalized: dots resolved, never above the root, no double slashes. For file
 * downloads; a crawl's own requests keep their path as it is. As w3lib's `safe_download_url`.
 *
 * @throws SkeinError ERR_URL_INVALID, ERR_ENCODING_UNKNOWN as `safeUrl`
 * @example
 * safeDownloadUrl('http://example.com/a/../../b//c.pdf#page=2') // 'http://example.com/b/c.pdf'
 */
export function safeDownloadUrl(url: string, options?: Pick<SafeUrlOptions, 'encoding' | 'pathEncoding'>): string {
  const safe = safeUrl(url, options)
  const parts = splitUrl(safe)
  let path = '/'
  if (parts.path !== '') {
    path = normalizePath(parts.path).replace(/\/?(?:\.\.\/)+/g, '')
    if (safe.endsWith('/') && !path.endsWith('/')) path += '/'
  }
  return joinUrl({ ...parts, path, fragment: '' })
}

/** POSIX `normpath`: two leading slashes stay two, three become one, and an empty path is a dot. */
function normalizePath(path: string): string {
  const root = /^\/{2}(?!\/)/.test(path) ? '//' : path.startsWith('/') ? '/' : ''
  const segments: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue
    const last = segments.at(-1)
    if (segment !== '..' || (root === '' && (last === undefined || last === '..'))) segments.push(segment)
    else segments.pop()
  }
  return root + segments.join('/') || '.'
}
