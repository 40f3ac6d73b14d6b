/** The URL as the comparison wants it fetched: without fragment and utm_ parameters. */
export function withoutTracking(url) {
  const hash = url.indexOf('#')
  if (hash >= 0) url = url.slice(0, hash)
  const query = url.indexOf('?')
  if (query < 0) return url
  const kept = url
    .slice(query + 1)
    .split('&')
    .filter((parameter) => !parameter.startsWith('utm_'))
  return url.slice(0, query) + (kept.length > 0 ? `?${kept.join('&')}` : '')
}
