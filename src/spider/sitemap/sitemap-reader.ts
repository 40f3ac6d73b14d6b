import { decodeReferences } from '../../selector/xml-text.ts'
import { DoctypeReader } from './doctype-reader.ts'
import type { SitemapEntry } from './sitemap-entry.ts'
import { attributeOf, endOfTag, localName, MAX_TAG } from './xml-tags.ts'

/** Characters of the text of one element. URLs are of 2,048 at most, by the protocol; what is longer than this is left out. */
const MAX_TEXT = 16_384
/** Elements inside of each other. Sitemaps have four or five; what is deeper is passed over. */
const MAX_DEPTH = 64
/** Elements of one entry, and its links to other languages. */
const MAX_FIELDS = 100
const MAX_ALTERNATES = 1_000

/** An element that is open. */
interface Frame {
  readonly name: string
  /** What is known of it, of a `<url>` or `<sitemap>`. */
  readonly entry: Draft | undefined
  /** The name under which its text belongs to the entry it stands in. */
  readonly field: string | undefined
  /** Its text counts: it is a field, and no element was opened in it yet. */
  counts: boolean
  text: string
  /** The end of its text, in which references are not replaced yet: one may be cut in two by the end of a piece. */
  raw: string
}

interface Draft {
  readonly fields: Map<string, string>
  readonly alternate: string[]
}

/** Markup that is passed over, or that is text as it is, up to its mark. */
const MARKS = { comment: '-->', cdata: ']]>', instruction: '?>', declaration: '>' } as const
type Mode = 'text' | 'doctype' | keyof typeof MARKS

/**
 * Reads a sitemap piece by piece, without a tree: what is kept is the entry in hand, whatever the size of the file. Broken files give what can be read of
 * them. Nothing throws, entities that the file declares are never expanded, and nothing is fetched.
 *
 * An element that is called `url` or `sitemap` is an entry, wherever it stands and whatever its namespace.
 */
export class SitemapReader {
  /** The name of the root element: `urlset` or `sitemapindex`, where it is a sitemap. Undefined as long as there was none. */
  type: string | undefined
  /** What could not be read before the next piece is there. */
  #rest = ''
  /** Where that begins in the piece in hand. */
  #kept: number | undefined
  #mode: Mode = 'text'
  readonly #doctype = new DoctypeReader()
  readonly #open: Frame[] = []
  /** Elements that are open beyond {@link MAX_DEPTH}. */
  #tooDeep = 0
  #entries: SitemapEntry[] = []

  /** Whether all that was opened so far is closed: false, at its end, for a file that broke off. To be asked before `end`. */
  get isWhole(): boolean {
    return this.#mode === 'text' && this.#open.length === 0
  }

  /** Takes the next piece of the text, and gives the entries that end in it. */
  read(piece: string): SitemapEntry[] {
    const text = this.#rest + piece.replaceAll('\0', '')
    let at = 0
    while (at < text.length) {
      const next = this.#mode === 'text' ? this.#readText(text, at) : this.#readMarkup(text, at, this.#mode)
      if (next === undefined) break
      at = next
    }
    this.#rest = text.slice(Math.min(this.#kept ?? at, text.length))
    this.#kept = undefined
    return this.#taken()
  }

  /** The file is over: entries whose end is missing are given as far as they are known. A text that broke off may be half a URL, and is left out. */
  end(): SitemapEntry[] {
    for (const { entry } of this.#open.splice(0).reverse()) this.#give(entry)
    return this.#taken()
  }

  #taken(): SitemapEntry[] {
    const entries = this.#entries
    this.#entries = []
    return entries
  }

  /** Keeps the text from here on for the next piece. */
  #wait(from: number): undefined {
    this.#kept = from
    return undefined
  }

  /** Reads text and the markup behind it; gives where to go on, undefined where that is in the next piece. */
  #readText(text: string, from: number): number | undefined {
    const at = text.indexOf('<', from)
    if (at < 0) {
      this.#addText(text.slice(from))
      return text.length
    }
    this.#addText(text.slice(from, at))
    const next = text.charAt(at + 1)
    if (next === '') return this.#wait(at)
    if (next === '?') return this.#begin('instruction', at + 2)
    if (next === '!') return this.#readDeclaration(text, at)
    if (!/[A-Za-z_:/\x80-\uffff]/.test(next)) {
      this.#addText('&lt;')
      return at + 1
    }
    const end = endOfTag(text, at + 1)
    if (end === undefined) return text.length - at > MAX_TAG ? at + 1 : this.#wait(at)
    if (next === '/') this.#endTag(text.slice(at + 2, end).trim())
    else this.#startTag(text.slice(at + 1, end))
    // a tag that lacks its bracket ends where the next one begins
    return text.charAt(end) === '<' ? end : end + 1
  }

  #readDeclaration(text: string, at: number): number | undefined {
    const head = text.slice(at, at + 9)
    if (head.startsWith('<!--')) return this.#begin('comment', at + 4)
    if (head === '<![CDATA[') return this.#begin('cdata', at + 9)
    if (head.toUpperCase() === '<!DOCTYPE') return this.#begin('doctype', at + 9)
    return head.length < 9 ? this.#wait(at) : this.#begin('declaration', at + 2)
  }

  #begin(mode: Mode, at: number): number {
    if (mode === 'cdata') this.#settleText()
    this.#mode = mode
    return at
  }

  /** Passes over a comment and the like; gives where to go on. */
  #readMarkup(text: string, from: number, mode: Exclude<Mode, 'text'>): number | undefined {
    if (mode === 'doctype') {
      const end = this.#doctype.read(text, from)
      if (end !== undefined) this.#mode = 'text'
      return end ?? text.length
    }
    const mark = MARKS[mode]
    const end = text.indexOf(mark, from)
    // a part of the mark may be at the end of this piece, the other one in the next
    const stop = end >= 0 ? end : Math.max(from, text.length - mark.length + 1)
    if (mode === 'cdata') this.#addLiteral(text.slice(from, stop))
    if (end < 0) return this.#wait(stop)
    this.#mode = 'text'
    return end + mark.length
  }

  #addText(raw: string): void {
    const frame = this.#open.at(-1)
    if (frame?.counts && raw !== '' && frame.raw.length + frame.text.length <= MAX_TEXT) frame.raw += raw
  }

  #addLiteral(text: string): void {
    const frame = this.#open.at(-1)
    if (frame?.counts && frame.text.length <= MAX_TEXT) frame.text += text
  }

  /** Replaces the references in what was gathered. The text ends at an entity of the file's own. */
  #settleText(): void {
    const frame = this.#open.at(-1)
    if (frame === undefined || frame.raw === '') return
    const text = decodeReferences(frame.raw, this.#doctype.entities, () => '\0')
    const cut = text.indexOf('\0')
    frame.text += cut < 0 ? text : text.slice(0, cut)
    frame.raw = ''
    if (cut >= 0) frame.counts = false
  }

  #startTag(tag: string): void {
    const name = /^[^\s/>]+/.exec(tag)![0]
    const local = localName(name)
    this.type ??= local
    const isEmpty = tag.endsWith('/')
    if (this.#open.length >= MAX_DEPTH) {
      if (!isEmpty) this.#tooDeep++
      return
    }
    this.#settleText()
    const parent = this.#open.at(-1)
    if (parent !== undefined) parent.counts = false
    const isLink = parent?.entry !== undefined && local === 'link'
    const href = isLink ? attributeOf(tag, 'href') : undefined
    if (href !== undefined && href !== '' && parent!.entry!.alternate.length < MAX_ALTERNATES) {
      parent!.entry!.alternate.push(decodeReferences(href, this.#doctype.entities, () => ''))
    }
    const entry = local === 'url' || local === 'sitemap' ? { fields: new Map<string, string>(), alternate: [] } : undefined
    const field = parent?.entry === undefined || isLink ? undefined : local
    this.#open.push({ name, entry, field, counts: field !== undefined, text: '', raw: '' })
    if (isEmpty) this.#close()
  }

  /** Closes up to the nearest element of that name; an end tag of none that is open means nothing. */
  #endTag(name: string): void {
    if (this.#tooDeep > 0) {
      this.#tooDeep--
      return
    }
    const place = this.#open.findLastIndex((frame) => frame.name === name)
    if (place < 0) return
    while (this.#open.length > place) this.#close()
  }

  #close(): void {
    this.#settleText()
    const { entry, field, text } = this.#open.pop()!
    this.#give(entry)
    const fields = this.#open.at(-1)?.entry?.fields
    if (field === undefined || fields === undefined || text.length > MAX_TEXT) return
    if (fields.size < MAX_FIELDS || fields.has(field)) fields.set(field, text.trim())
  }

  #give(entry: Draft | undefined): void {
    if (entry === undefined || !entry.fields.has('loc')) return
    const fields = Object.fromEntries(entry.fields) as { loc: string }
    this.#entries.push(entry.alternate.length === 0 ? fields : { ...fields, alternate: entry.alternate })
  }
}
