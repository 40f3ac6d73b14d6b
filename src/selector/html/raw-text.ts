import { GT, isSpace, SLASH } from './characters.ts'

/**
 * Where the end tag stands (its `<`) that closes the raw text of a `name` element beginning at `from`; the length of the text when none
 * does. `<script>` has the rules of pages that hide scripts from old browsers: in `<!-- <script> </script> -->` nothing ends it.
 *
 * @see https://html.spec.whatwg.org/multipage/parsing.html#script-data-state
 */
export function rawTextEnd(text: string, from: number, name: string): number {
  if (name === 'script') return scriptEnd(text, from)
  for (let i = text.indexOf('</', from); i >= 0; i = text.indexOf('</', i + 2)) {
    if (isTag(text, i + 2, name)) return i
  }
  return text.length
}

/** Whether `name`, in any case, stands at `at` with a space, `/` or `>` behind it. */
function isTag(text: string, at: number, name: string): boolean {
  const behind = text.charCodeAt(at + name.length)
  if (behind !== GT && behind !== SLASH && !isSpace(behind)) return false
  // the names are letters only
  for (let i = 0; i < name.length; i++) {
    if ((text.charCodeAt(at + i) | 32) !== name.charCodeAt(i)) return false
  }
  return true
}

function scriptEnd(text: string, from: number): number {
  let i = text.indexOf('<', from)
  while (i >= 0) {
    if (text.charCodeAt(i + 1) === SLASH && isTag(text, i + 2, 'script')) return i
    if (text.startsWith('!--', i + 1)) {
      const end = commentEnd(text, i + 2)
      if (end < 0) return ~end
      i = end
    } else i++
    i = text.indexOf('<', i)
  }
  return text.length
}

/**
 * From the dashes of a `<!--` in a script to behind the `-->` that ends the comment; they may be the same dashes. When the script ends
 * first, the complement (`~`) of where it does.
 */
function commentEnd(text: string, from: number): number {
  const mark = /-->|<\/?script(?=[\t\n\f\r />])/gi
  mark.lastIndex = from
  let isInner = false
  for (let match = mark.exec(text); match !== null; match = mark.exec(text)) {
    if (match[0] === '-->') return mark.lastIndex
    const isEnd = match[0].charCodeAt(1) === SLASH
    if (isEnd && !isInner) return ~match.index
    isInner = !isEnd
  }
  return ~text.length
}
