import { BANG, DASH, GT } from './characters.ts'

/** A stretch of markup that was read: what is in it, and where the text behind it begins. */
export interface Declaration {
  data: string
  end: number
}

/**
 * The comment whose contents begin at `from`, behind `<!--`. `--!>` closes it as `-->` does, and so do `>` and `->` at once. What is not
 * closed goes to the end of the text.
 */
export function readComment(text: string, from: number): Declaration {
  if (text.charCodeAt(from) === GT) return { data: '', end: from + 1 }
  if (text.startsWith('->', from)) return { data: '', end: from + 2 }
  for (let i = text.indexOf('--', from); i >= 0; i = text.indexOf('--', i)) {
    i += 2
    while (text.charCodeAt(i) === DASH) i++
    const bang = text.charCodeAt(i) === BANG ? 1 : 0
    if (text.charCodeAt(i + bang) === GT) return { data: text.slice(from, i - 2), end: i + bang + 1 }
  }
  return { data: text.slice(from).replace(/(?:--!?|-)$/, ''), end: text.length }
}

/** What begins like markup and is none, up to the next `>`: `<!x>`, `<?x>`, `</ x>`. */
export function readBogusComment(text: string, from: number): Declaration {
  const end = text.indexOf('>', from)
  return end < 0 ? { data: text.slice(from), end: text.length } : { data: text.slice(from, end), end: end + 1 }
}
