import type { html, Parser, Token } from 'parse5'
import type { LeanTree } from '../tree-adapter.ts'
import { decodeReferences } from './character-references.ts'
import { CharacterTokens } from './character-tokens.ts'
import { BANG, DOUBLE_QUOTE, EQUALS, GT, isLetter, isSpace, QUESTION_MARK, SINGLE_QUOTE, SLASH } from './characters.ts'
import { type Declaration, readBogusComment, readComment } from './comment.ts'
import { readDoctype } from './doctype.ts'
import { NameCache } from './name-cache.ts'
import { FORMATTING_TAGS, TokenizerMode, TokenType, UNKNOWN_TAG } from './parse5-codes.ts'
import { rawTextEnd } from './raw-text.ts'
import { spaceEnd, tagEnd, unquotedEnd } from './tag-end.ts'

/** From this many attributes on, the names of a tag are in a Set: to compare each with all before it would be quadratic. */
const MANY_ATTRIBUTES = 24

const tagNames = new NameCache()
const attributeNames = new NameCache()
const noAttributes: Token.Attribute[] = []
/** The parser keeps the tokens of these tags, to open the elements again where the page closes them too early. */
const formattingTags: ReadonlySet<html.TAG_ID> = new Set(Object.values(FORMATTING_TAGS))

/**
 * The tokenizer of the HTML standard over a whole text, in the place of parse5's, whose parser builds the tree. It looks for the next
 * character that means something and cuts there, where parse5 goes from character to character and joins them: a quarter of the time.
 * Makes the same tree (but for one U+FFFD for each NUL in `<svg>` or `<math>`, as the standard has it, where parse5 makes one of several).
 * Reports no parse errors. Takes time linear in the length of any text.
 *
 * @see https://html.spec.whatwg.org/multipage/parsing.html#tokenization
 */
export class HtmlTokenizer {
  /** Set by the parser: how the contents of the element are read that has just begun. */
  state: number = TokenizerMode.DATA
  /** Set by the parser: whether `<![CDATA[` means something here. */
  inForeignNode = false
  lastStartTagName = ''
  readonly #parser: Parser<LeanTree>
  readonly #characters: CharacterTokens
  readonly #text: string
  readonly #hasNul: boolean
  /** The first `&` at or behind the place that is read; the length of the text when there is none. */
  #ampersand = -1
  #position = 0
  /** Those of the tag that is being read. It gets a copy of their number: V8 makes room for 17 where one is pushed. */
  readonly #attributes: Token.Attribute[] = []
  #startTag: Token.TagToken = newTag(TokenType.START_TAG)
  readonly #endTag: Token.TagToken = newTag(TokenType.END_TAG)

  constructor(parser: Parser<LeanTree>, text: string) {
    this.#parser = parser
    this.#characters = new CharacterTokens(parser)
    this.#text = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
    this.#hasNul = text.includes('\0')
  }

  /** Hands every token of the text to the parser, the end included. */
  run(): void {
    while (this.#position < this.#text.length) {
      if (this.state === TokenizerMode.DATA) this.#position = this.#readData(this.#position)
      else if (this.state === TokenizerMode.PLAINTEXT) {
        this.#emitRaw(this.#text.slice(this.#position))
        this.#position = this.#text.length
      } else this.#position = this.#readRawText(this.#position, this.state === TokenizerMode.RCDATA)
    }
    this.#parser.onEof({ type: TokenType.EOF, location: null })
  }

  /** Reads until the parser wants what follows read in another way. Says where that is. */
  #readData(start: number): number {
    const text = this.#text
    // what lies between is text that was not handed out yet
    let from = start
    let lt = start
    while ((lt = text.indexOf('<', lt)) >= 0) {
      const next = text.charCodeAt(lt + 1)
      if (isLetter(next)) {
        this.#emitText(from, lt)
        from = this.#readStartTag(lt + 1)
        if (this.state !== TokenizerMode.DATA) return from
      } else if (next === SLASH && lt + 2 < text.length) {
        this.#emitText(from, lt)
        const name = text.charCodeAt(lt + 2)
        if (isLetter(name)) from = this.#readEndTag(lt + 2)
        else if (name === GT) from = lt + 3
        else from = this.#emitComment(readBogusComment(text, lt + 2))
      } else if (next === BANG) {
        this.#emitText(from, lt)
        from = this.#readDeclaration(lt + 2)
      } else if (next === QUESTION_MARK) {
        this.#emitText(from, lt)
        from = this.#emitComment(readBogusComment(text, lt + 1))
      } else {
        lt++
        continue
      }
      lt = from
    }
    this.#emitText(from, text.length)
    return text.length
  }

  /** Reads a tag whose name begins at `from`, and hands it out unless the text ends before it does. Says where the text behind it begins. */
  #readStartTag(from: number): number {
    const token = this.#startTag
    let i = this.#readTagName(token, from)
    token.selfClosing = false
    token.ackSelfClosing = false
    if (this.#text.charCodeAt(i) === GT) {
      token.attrs = noAttributes
      i++
    } else {
      i = this.#readAttributes(token, i)
      if (i < 0) return this.#text.length
    }
    const { tagID } = token
    this.lastStartTagName = token.tagName
    this.#parser.onStartTag(token)
    if (formattingTags.has(tagID)) this.#startTag = newTag(TokenType.START_TAG)
    return i
  }

  #readEndTag(from: number): number {
    const token = this.#endTag
    let i = this.#readTagName(token, from)
    i = this.#text.charCodeAt(i) === GT ? i + 1 : tagEnd(this.#text, i)
    if (i < 0) return this.#text.length
    this.#parser.onEndTag(token)
    return i
  }

  #readTagName(token: Token.TagToken, from: number): number {
    const text = this.#text
    let hash = 0
    let odd = false
    let i = from
    for (; i < text.length; i++) {
      const c = text.charCodeAt(i)
      if (c <= GT && (c === GT || c === SLASH || isSpace(c))) break
      if (c < 91 && (c > 64 || c === 0)) odd = true
      hash = (hash * 31 + c) | 0
    }
    token.tagName = tagNames.find(text, from, i, hash, odd)
    token.tagID = tagNames.id
    return i
  }

  /** Reads from behind a tag's name to behind its `>`; -1 when the text ends before. */
  #readAttributes(token: Token.TagToken, from: number): number {
    const text = this.#text
    const attributes = this.#attributes
    let count = 0
    let names: Set<string> | undefined
    let i = from
    while (i < text.length) {
      const first = text.charCodeAt(i)
      if (first === GT) {
        token.attrs = count === 0 ? noAttributes : attributes.slice(0, count)
        return i + 1
      }
      if (isSpace(first)) {
        i++
        continue
      }
      if (first === SLASH) {
        i++
        if (text.charCodeAt(i) === GT) token.selfClosing = true
        continue
      }
      // the first character belongs to the name whatever it is, even `=`
      const start = i++
      let hash = first
      let odd = first < 91 && (first > 64 || first === 0)
      for (; i < text.length; i++) {
        const c = text.charCodeAt(i)
        if (c <= GT && (c === EQUALS || c === GT || c === SLASH || isSpace(c))) break
        if (c < 91 && (c > 64 || c === 0)) odd = true
        hash = (hash * 31 + c) | 0
      }
      const name = attributeNames.find(text, start, i, hash, odd)
      i = spaceEnd(text, i)
      let value = ''
      if (text.charCodeAt(i) === EQUALS) {
        i = spaceEnd(text, i + 1)
        const quote = text.charCodeAt(i)
        if (quote === DOUBLE_QUOTE || quote === SINGLE_QUOTE) {
          const end = text.indexOf(quote === DOUBLE_QUOTE ? '"' : "'", i + 1)
          if (end < 0) return -1
          value = this.#value(i + 1, end)
          i = end + 1
        } else {
          const end = unquotedEnd(text, i)
          value = this.#value(i, end)
          i = end
        }
      }
      if (names === undefined ? hasName(attributes, count, name) : names.has(name)) continue
      attributes[count++] = { name, value }
      if (names !== undefined) names.add(name)
      else if (count === MANY_ATTRIBUTES) names = new Set(attributes.slice(0, count).map((attribute) => attribute.name))
    }
    return -1
  }

  #value(from: number, to: number): string {
    let value = this.#text.slice(from, to)
    if (this.#hasAmpersand(from, to)) value = decodeReferences(value, true)
    return this.#hasNul ? value.replaceAll('\0', '\ufffd') : value
  }

  /** Reads what follows a `<!`. */
  #readDeclaration(from: number): number {
    const text = this.#text
    if (text.startsWith('--', from)) return this.#emitComment(readComment(text, from + 2))
    if (text.startsWith('[CDATA[', from) && this.inForeignNode) {
      const found = text.indexOf(']]>', from + 7)
      const end = found < 0 ? text.length : found
      this.#characters.emitWithNul(text.slice(from + 7, end))
      return Math.min(end + 3, text.length)
    }
    const bogus = readBogusComment(text, from)
    if (!/^doctype/i.test(bogus.data)) return this.#emitComment(bogus)
    this.#parser.onDoctype(readDoctype(bogus.data.slice(7), text.charCodeAt(bogus.end - 1) === GT))
    return bogus.end
  }

  #emitComment({ data, end }: Declaration): number {
    const clean = this.#hasNul ? data.replaceAll('\0', '\ufffd') : data
    this.#parser.onComment({ type: TokenType.COMMENT, data: clean, location: null })
    return end
  }

  /** Reads the contents of an element that has no markup inside, and its end tag. */
  #readRawText(from: number, hasReferences: boolean): number {
    const text = this.#text
    const end = rawTextEnd(text, from, this.lastStartTagName)
    const raw = text.slice(from, end)
    this.#emitRaw(hasReferences && this.#hasAmpersand(from, end) ? decodeReferences(raw, false) : raw)
    this.state = TokenizerMode.DATA
    return end < text.length ? this.#readEndTag(end + 2) : end
  }

  #emitRaw(raw: string): void {
    const text = this.#hasNul ? raw.replaceAll('\0', '\ufffd') : raw
    this.#characters.emit(text, 0, text.length)
  }

  #emitText(from: number, to: number): void {
    if (from === to) return
    const hasAmpersand = this.#hasAmpersand(from, to)
    if (!hasAmpersand && !this.#hasNul) {
      this.#characters.emit(this.#text, from, to)
      return
    }
    const raw = this.#text.slice(from, to)
    const text = hasAmpersand ? decodeReferences(raw, false) : raw
    if (this.#hasNul) this.#characters.emitWithNul(text)
    else this.#characters.emit(text, 0, text.length)
  }

  #hasAmpersand(from: number, to: number): boolean {
    if (this.#ampersand < from) {
      const found = this.#text.indexOf('&', from)
      this.#ampersand = found < 0 ? this.#text.length : found
    }
    return this.#ampersand < to
  }
}

function newTag(type: Token.TagToken['type']): Token.TagToken {
  return { type, tagName: '', tagID: UNKNOWN_TAG, selfClosing: false, ackSelfClosing: false, attrs: [], location: null }
}

function hasName(attributes: Token.Attribute[], count: number, name: string): boolean {
  for (let i = 0; i < count; i++) {
    if (attributes[i]!.name === name) return true
  }
  return false
}
