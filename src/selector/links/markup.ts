import { asciiLower, BANG, DASH, DOUBLE_QUOTE, EQUALS, GT, isSpace, SINGLE_QUOTE, SLASH } from '../html/characters.ts'

/** Where the tag name that begins at `from` ends: at white space, `/`, `>` or the end of the text. */
export function nameEnd(codes: Uint16Array, from: number): number {
  const end = codes.length
  let i = from
  while (i < end) {
    const c = codes[i]!
    if (c <= GT && (c === GT || c === SLASH || isSpace(c))) break
    i++
  }
  return i
}

/** From the end of a tag's name to behind its `>`, over attributes of any shape; -1 when the text ends before. */
export function skipTag(codes: Uint16Array, from: number): number {
  const end = codes.length
  let i = from
  while (i < end) {
    const c = codes[i]!
    if (c === GT) return i + 1
    if (c === SLASH || isSpace(c)) {
      i++
      continue
    }
    i = spaceEnd(codes, attributeNameEnd(codes, i))
    if (i < end && codes[i] === EQUALS) {
      i = spaceEnd(codes, i + 1)
      if (i >= end) return -1
      const quote = codes[i]!
      if (quote === DOUBLE_QUOTE || quote === SINGLE_QUOTE) {
        i = quotedEnd(codes, i + 1, quote) + 1
        if (i > end) return -1
      } else if (quote === GT) return i + 1
      else i = unquotedEnd(codes, i)
    }
  }
  return -1
}

/** Where the white space that may begin at `from` ends. */
export function spaceEnd(codes: Uint16Array, from: number): number {
  let i = from
  while (i < codes.length && isSpace(codes[i]!)) i++
  return i
}

/** Where the attribute name that begins at `from` ends. Its first character belongs to it whatever it is, even `=`. */
export function attributeNameEnd(codes: Uint16Array, from: number): number {
  const end = codes.length
  let i = from + 1
  while (i < end) {
    const c = codes[i]!
    if (c <= GT && (c === EQUALS || c === GT || c === SLASH || isSpace(c))) break
    i++
  }
  return i
}

/** Where the next `quote` stands; the length of the text when there is none. */
export function quotedEnd(codes: Uint16Array, from: number, quote: number): number {
  const end = codes.length
  let i = from
  while (i < end && codes[i] !== quote) i++
  return i
}

/** Where an attribute value without quotes ends. */
export function unquotedEnd(codes: Uint16Array, from: number): number {
  const end = codes.length
  let i = from
  while (i < end) {
    const c = codes[i]!
    if (c <= GT && (c === GT || isSpace(c))) break
    i++
  }
  return i
}

/**
 * From a `<!`, `<?` or `</` that begins no tag to behind what it is: comment, doctype, CDATA (only where `cdata` says so) or a bogus
 * comment; the length of the text when it is not closed.
 */
export function skipDeclaration(html: string, from: number, cdata: boolean): number {
  if (html.startsWith('!--', from + 1)) return skipComment(html, from + 4)
  if (cdata && html.startsWith('![CDATA[', from + 1)) return behind(html.indexOf(']]>', from + 9), 3, html)
  return behind(html.indexOf('>', from + 2), 1, html)
}

function skipComment(html: string, from: number): number {
  if (html.charCodeAt(from) === GT) return from + 1
  if (html.startsWith('->', from)) return from + 2
  let i = from
  for (;;) {
    i = html.indexOf('--', i)
    if (i < 0) return html.length
    i += 2
    while (html.charCodeAt(i) === DASH) i++
    if (html.charCodeAt(i) === GT) return i + 1
    if (html.charCodeAt(i) === BANG && html.charCodeAt(i + 1) === GT) return i + 2
  }
}

function behind(index: number, length: number, html: string): number {
  return index < 0 ? html.length : index + length
}

/**
 * Where the end tag stands (its `<`) that closes the raw text of a `name` element beginning at `from`; the length of the text when none
 * does. `<script>` has the states of HTML 4 pages that hide scripts in comments: `<!-- <script> </script> -->` does not end it.
 */
export function rawTextEnd(html: string, from: number, name: string): number {
  return name === 'script' ? scriptEnd(html, from) : nextEndTag(html, from, name)
}

function nextEndTag(html: string, from: number, name: string): number {
  let i = from
  for (;;) {
    i = html.indexOf('</', i)
    if (i < 0) return html.length
    if (isWord(html, i + 2, name)) return i
    i += 2
  }
}

/** Whether `name`, in any case, stands at `at` with a space, `/` or `>` behind it. */
function isWord(html: string, at: number, name: string): boolean {
  const end = at + name.length
  if (end >= html.length) return false
  const c = html.charCodeAt(end)
  return (c === GT || c === SLASH || isSpace(c)) && asciiLower(html.slice(at, end)) === name
}

function scriptEnd(html: string, from: number): number {
  let i = from
  for (;;) {
    const lt = html.indexOf('<', i)
    if (lt < 0) return html.length
    if (html.charCodeAt(lt + 1) === SLASH && isWord(html, lt + 2, 'script')) return lt
    if (!html.startsWith('!--', lt + 1)) {
      i = lt + 1
      continue
    }
    const escaped = escapedScript(html, lt + 4)
    if (escaped < 0) return -escaped - 1
    i = escaped
  }
}

/**
 * From behind a `<!--` inside of a script to behind the `-->` that leaves the comment. If the script ends inside of the comment instead,
 * the answer is `-1 - where`.
 */
function escapedScript(html: string, from: number): number {
  let double = false
  // the dashes of `<!--` count for `-->`
  let i = from - 2
  const close = html.indexOf('-->', i)
  for (;;) {
    const lt = html.indexOf('<', i)
    if (close >= 0 && (lt < 0 || close < lt)) return close + 3
    if (lt < 0) return -1 - html.length
    const closing = html.charCodeAt(lt + 1) === SLASH
    if (isWord(html, lt + (closing ? 2 : 1), 'script')) {
      if (closing && !double) return -1 - lt
      double = !closing
    }
    i = lt + 1
  }
}
