/** Python's pattern syntax as JavaScript's, in the parts that differ: named groups and references, `\A`, `\Z` and leading flags. */
export function toRegExp(source: string, flags: string): RegExp {
  const inline = /^\(\?([aimsux]+)\)/.exec(source)
  const pattern = source
    .slice(inline?.[0].length ?? 0)
    .replace(/\\[\s\S]|\(\?P</g, (found) => {
      if (found === '(?P<') return '(?<'
      if (found === '\\A') return '(?<![\\s\\S])'
      return found === '\\Z' ? '(?![\\s\\S])' : found
    })
    .replace(/\(\?P=(\w+)\)/g, '\\k<$1>')
  const wanted = [...new Set(`${flags}${inline?.[1] ?? ''}`.replace(/[^ims]/g, ''))].join('')
  return new RegExp(pattern, wanted)
}
