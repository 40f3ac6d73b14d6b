import { asciiLower, DOUBLE_QUOTE, EQUALS, GT, isLetter, isSpace, SINGLE_QUOTE, SLASH } from '../html/characters.ts'
import { codeUnits } from './code-units.ts'
import { decodeEntities } from './decode-entities.ts'
import { ForeignStack } from './foreign-stack.ts'
import { attributeNameEnd, nameEnd, quotedEnd, rawTextEnd, skipDeclaration, skipTag, spaceEnd, unquotedEnd } from './markup.ts'

/** A link as the page has it: nothing is joined or stripped yet. */
export interface ScannedLink {
  /** Name of the element, in lower case. */
  readonly tag: string
  /** Value of the attribute, character references resolved. A view of the page: copy what outlives it. */
  readonly value: string
  /** Value of `rel`. */
  readonly rel: string | undefined
  /** Where the content of the element begins in the page. */
  readonly contentStart: number
}

/** What a page has. */
export interface LinkScan {
  /** `href` of the first `<base>` of the source that has one, as written; undefined without any. */
  readonly base: string | undefined
  readonly links: ScannedLink[]
}

const rawText = new Set(['script', 'style', 'textarea', 'title', 'xmp', 'iframe', 'noembed', 'noframes'])
const structural = ['base', 'select', 'template', 'svg', 'math', 'frameset', 'col', 'plaintext', ...rawText]
const keepsSelect = new Set(['option', 'optgroup', 'hr', 'script'])
const closesSelect = new Set(['input', 'keygen', 'textarea'])
const leavesTableSelect = new Set(['caption', 'table', 'tbody', 'tfoot', 'thead', 'tr', 'td', 'th'])
// a tree leaves these out, renames them or makes them up, depending on what is around them
const treeOnly = new Set(
  'html head body frame frameset caption col colgroup tbody td tfoot th thead tr form select option optgroup p br image'.split(
    ' ',
  ),
)

/**
 * Finds links in HTML text in one pass that builds no tree: the start tags whose element the HTML standard's tree (scripting off) would
 * have, with the values it would give to their attributes, in the order of the source.
 *
 * - It gives one link for a start tag. A tree can hold more elements than that, since misnested markup makes it repeat one:
 *   in `<p><a href=x>1<p>2</a>` are two `a` elements.
 * - What is inside of `<script>`, `<style>`, comments and the like is no link; what is inside of `<noscript>` and `<template>` is.
 *   A link in `<select>` or `<frameset>` is none, since a tree drops it.
 * - Where only a tree can tell (framesets, misnested svg, a `<template>` of table columns), it does not guess: `scan` says undefined.
 *
 * @example
 * new LinkScanner(['a', 'area'], ['href']).scan('<base href=/x/><a href="y?a&amp;b" rel=nofollow>z</a>')
 * // { base: '/x/', links: [{ tag: 'a', value: 'y?a&b', rel: 'nofollow', contentStart: 48 }] }
 */
export class LinkScanner {
  readonly #tags: ReadonlySet<string>
  readonly #attributes: ReadonlySet<string>
  /** By first letter and length: whether a tag of such a name can matter. Spares nearly all of them a string. */
  readonly #tagFilter = new Uint8Array(1024)
  readonly #attributeFilter = new Uint8Array(1024)
  readonly #watched: readonly string[]
  // what #readAttributes found, as many as it says; what is behind is of tags before
  readonly #values: string[] = []
  readonly #names: string[] = []
  #found = 0
  #rel: string | undefined
  #href: string | undefined
  #selfClosing = false

  /**
   * @param tags names of elements in lower case; see {@link LinkScanner.canScan}
   * @param attributes names of attributes in lower case
   */
  constructor(tags: Iterable<string>, attributes: Iterable<string>) {
    this.#tags = new Set(tags)
    this.#attributes = new Set(attributes)
    this.#watched = [...new Set(['href', 'rel', ...this.#attributes])]
    for (const name of [...structural, ...this.#tags]) this.#tagFilter[filterIndex(name.charCodeAt(0), name.length)] = 1
    for (const name of this.#watched) this.#attributeFilter[filterIndex(name.charCodeAt(0), name.length)] = 1
  }

  /** Whether elements of this name can be found without a tree. Those of tables, forms, selects and the frame of a page cannot. */
  static canScan(tag: string): boolean {
    return /^[a-z][a-z0-9]*$/.test(tag) && !treeOnly.has(tag)
  }

  /**
   * All links of a page, or undefined: only a tree can tell. Linear in the length of the page.
   *
   * @param codes the page's {@link codeUnits}, from whoever has them
   */
  scan(html: string, codes: Uint16Array = codeUnits(html)): LinkScan | undefined {
    const links: ScannedLink[] = []
    const filter = this.#tagFilter
    const foreign = new ForeignStack()
    const length = html.length
    let base: string | undefined
    let templates = 0
    let inSelect = false
    let special = false
    let i = 0
    while ((i = html.indexOf('<', i)) >= 0 && i + 1 < length) {
      let c = codes[i + 1]!
      if (isLetter(c)) {
        const nameStart = i + 1
        i = nameEnd(codes, nameStart + 1)
        if (!special && filter[filterIndex(c, i - nameStart)] === 0) {
          i = skipTag(codes, i)
          if (i < 0) break
          continue
        }
        const name = i - nameStart === 1 && (c | 32) === 97 ? 'a' : asciiLower(html.slice(nameStart, i))
        i = this.#readAttributes(html, codes, i)
        if (i < 0) break
        if (inSelect) {
          if (name === 'template' || leavesTableSelect.has(name)) return undefined
          if (name === 'select' || closesSelect.has(name)) {
            inSelect = false
            special = false
            if (name === 'select') continue
          } else if (!keepsSelect.has(name)) continue
        }
        const reading = foreign.depth > 0 || name === 'svg' || name === 'math' ? foreign.start(name, this.#selfClosing) : 'html'
        if (reading === 'unsure') return undefined
        special = inSelect || foreign.depth > 0
        if (this.#tags.has(name)) this.#emit(links, name, i)
        if (reading === 'foreign') continue
        if (rawText.has(name)) i = rawTextEnd(html, i, name)
        else if (name === 'select') special = inSelect = true
        else if (name === 'template') templates++
        else if (name === 'base') {
          if (base !== undefined || this.#href === undefined) continue
          // one in a template does not count, and misnested tables can close a template
          if (templates > 0) return undefined
          base = this.#href
        } else if (name === 'plaintext') break
        else if (name === 'frameset' || (name === 'col' && templates > 0)) return undefined
        continue
      }
      if (c === SLASH) {
        c = codes[i + 2] ?? -1
        if (isLetter(c)) {
          const nameStart = i + 2
          i = nameEnd(codes, nameStart + 1)
          if (special || templates > 0) {
            const name = asciiLower(html.slice(nameStart, i))
            if (inSelect) {
              if (name === 'select') special = inSelect = false
              else if (leavesTableSelect.has(name) || (name === 'template' && templates > 0)) return undefined
            } else if (foreign.depth > 0) {
              if (!foreign.end(name)) return undefined
              special = foreign.depth > 0
            } else if (name === 'template') templates--
          }
          if (codes[i] === GT) i++
          else if ((i = skipTag(codes, i)) < 0) break
        } else if (c === GT) i += 3
        else i = skipDeclaration(html, i, false)
      } else if (c === 33 || c === 63) {
        // only there can it matter whether the tree is still inside of an island of HTML or just behind it
        if (special && foreign.depth > 0 && !foreign.inForeign && html.startsWith('<![CDATA[', i)) return undefined
        i = skipDeclaration(html, i, c === 33 && foreign.inForeign)
      } else i++
    }
    return { base, links }
  }

  /** Reads the attributes of a tag up to behind its `>`; -1 when the text ends before, and there is no such tag then. */
  #readAttributes(html: string, codes: Uint16Array, from: number): number {
    const length = codes.length
    const filter = this.#attributeFilter
    this.#found = 0
    this.#rel = undefined
    this.#href = undefined
    this.#selfClosing = false
    let i = from
    while (i < length) {
      const c = codes[i]!
      if (c === GT) return i + 1
      if (c === SLASH || isSpace(c)) {
        i++
        if (c === SLASH) this.#selfClosing = codes[i] === GT
        continue
      }
      const nameStart = i
      const end = attributeNameEnd(codes, i)
      i = spaceEnd(codes, end)
      let valueStart = i
      let valueEnd = i
      if (i < length && codes[i] === EQUALS) {
        i = spaceEnd(codes, i + 1)
        if (i >= length) return -1
        const quote = codes[i]!
        if (quote === DOUBLE_QUOTE || quote === SINGLE_QUOTE) {
          valueStart = i + 1
          valueEnd = quotedEnd(codes, valueStart, quote)
          if (valueEnd >= length) return -1
          i = valueEnd + 1
        } else if (quote === GT) valueStart = valueEnd = i
        else {
          valueStart = i
          i = valueEnd = unquotedEnd(codes, i)
        }
      }
      if (filter[filterIndex(c, end - nameStart)] === 0) continue
      for (const name of this.#watched) {
        if (name.length === end - nameStart && isName(codes, nameStart, name)) {
          this.#keep(name, html.slice(valueStart, valueEnd))
          break
        }
      }
    }
    return -1
  }

  #keep(name: string, raw: string): void {
    for (let i = 0; i < this.#found; i++) if (this.#names[i] === name) return
    const wanted = this.#attributes.has(name)
    if (!wanted && name !== 'href' && name !== 'rel') return
    const value = decodeEntities(raw, true)
    if (name === 'href') this.#href ??= value
    else if (name === 'rel') this.#rel ??= value
    if (!wanted) return
    this.#names[this.#found] = name
    this.#values[this.#found++] = value
  }

  #emit(links: ScannedLink[], tag: string, contentStart: number): void {
    for (let i = 0; i < this.#found; i++) links.push({ tag, value: this.#values[i]!, rel: this.#rel, contentStart })
  }
}

/** Whether `name`, which is in lower case, stands there in any case. */
function isName(codes: Uint16Array, from: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const c = codes[from + i]!
    if ((c >= 65 && c <= 90 ? c | 32 : c) !== name.charCodeAt(i)) return false
  }
  return true
}

/** Names of more than 31 characters share the places of the shorter ones. */
function filterIndex(firstCode: number, length: number): number {
  return ((firstCode & 31) << 5) | (length & 31)
}
