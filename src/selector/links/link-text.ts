import { flatString } from '../../util/flat-string.ts'
import { asciiLower, GT, isLetter, LT, SLASH } from '../html/characters.ts'
import { decodeEntities } from './decode-entities.ts'
import { nameEnd, rawTextEnd, skipDeclaration, skipTag } from './markup.ts'

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

const empty = words('area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr')
const raw = words('script style xmp iframe noembed noframes')
const escapableRaw = words('textarea title')
const dropsLineFeed = words('pre listing textarea')
/** Blocks that end what was opened inside of them when they end. */
const blocks = words(
  'address article aside blockquote body button caption center dd details dialog dir div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hgroup html li listing main menu nav ol p pre search section select summary table tbody td template tfoot th thead tr ul',
)
/** Start tags that end an element whose table, row or list they do not stand in. */
const parts: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ...['caption', 'col', 'colgroup', 'tbody', 'td', 'tfoot', 'th', 'thead', 'tr'].map((part) => [part, words('table')] as const),
  ['li', words('ul ol menu')],
  ['dd', words('dl')],
  ['dt', words('dl')],
])

/** Counts what was read, in characters and nodes. */
export interface Meter {
  spent: number
}

/**
 * The text of the element `tag` whose content begins at `from`: what is between the tags, character references resolved, comments left
 * out, space kept. With memory of its own.
 *
 * It is the string value of the element in a tree when the markup is nested properly. Otherwise the element goes on to its end tag, the
 * next `<a>` or the end of the block around it, whichever comes first; where a tree would put part of that text into a second element of
 * the same link (`<a>1<p>2</a>`), it is all here.
 */
export function elementText(html: string, codes: Uint16Array, from: number, tag: string, meter: Meter): string {
  if (empty.has(tag)) return ''
  if (raw.has(tag) || escapableRaw.has(tag)) {
    const end = rawTextEnd(html, from, tag)
    meter.spent += end - from
    return flatString(rawContent(html, from, end, tag))
  }
  // nearly all links are a run of text
  let lt = from
  while (lt < codes.length && codes[lt] !== LT) lt++
  if (tag === 'a' && codes[lt + 1] === SLASH && (codes[lt + 2]! | 32) === 97 && codes[lt + 3] === GT) {
    meter.spent += lt - from
    return flatString(decodeEntities(html.slice(from, lt), false))
  }
  return collect(html, codes, from, tag, meter)
}

function collect(html: string, codes: Uint16Array, from: number, tag: string, meter: Meter): string {
  const { length } = html
  const open = new OpenElements()
  let text = ''
  let i = from
  while (i < length) {
    let lt = html.indexOf('<', i)
    if (lt < 0) lt = length
    text += decodeEntities(html.slice(i, lt), false)
    i = lt
    const closing = codes[lt + 1] === SLASH
    const nameStart = lt + (closing ? 2 : 1)
    const c = codes[nameStart] ?? -1
    if (isLetter(c)) {
      const end = nameEnd(codes, nameStart + 1)
      const name = asciiLower(html.slice(nameStart, end))
      if (closing ? endsElement(name, tag, open) : startEndsElement(name, tag, open)) {
        meter.spent += lt - from
        return flatString(text)
      }
      i = skipTag(codes, end)
      if (i < 0) break
      if (closing) continue
      if (dropsLineFeed.has(name)) i = behindLineFeed(codes, i)
      if (raw.has(name) || escapableRaw.has(name)) {
        const start = i
        i = rawTextEnd(html, start, name)
        text += rawContent(html, start, i, name)
      }
      if (!empty.has(name) && !(codes[i - 2] === SLASH && (open.has('svg') || open.has('math')))) open.push(name)
    } else if (closing || c === 33 || c === 63) {
      if (closing && nameStart >= length) {
        text += '</'
        i = length
      } else i = codes[nameStart] === 62 && closing ? nameStart + 1 : skipDeclaration(html, lt, false)
    } else if (lt < length) {
      text += '<'
      i = lt + 1
    }
  }
  meter.spent += length - from
  return flatString(text)
}

function endsElement(name: string, tag: string, open: OpenElements): boolean {
  return !open.pop(name) && (name === tag || blocks.has(name))
}

function startEndsElement(name: string, tag: string, open: OpenElements): boolean {
  if (name === 'a') return tag === 'a' || open.has('a')
  const whole = parts.get(name)
  if (whole === undefined || open.has(name)) return false
  for (const element of whole) if (open.has(element)) return false
  return true
}

/** What was opened inside of the element. It counts names, so that a page of stray end tags costs no walk for each. */
class OpenElements {
  readonly #names: string[] = []
  readonly #counts = new Map<string, number>()

  has(name: string): boolean {
    return (this.#counts.get(name) ?? 0) > 0
  }

  push(name: string): void {
    this.#names.push(name)
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }

  /** Closes the innermost of that name and what is inside of it; false when there is none. */
  pop(name: string): boolean {
    if (!this.has(name)) return false
    for (;;) {
      const last = this.#names.pop()!
      this.#counts.set(last, this.#counts.get(last)! - 1)
      if (last === name) return true
    }
  }
}

function rawContent(html: string, from: number, end: number, name: string): string {
  const content = html.slice(from, end)
  return escapableRaw.has(name) ? decodeEntities(content, false) : content.replace(/\r\n?/g, '\n')
}

function behindLineFeed(codes: Uint16Array, from: number): number {
  if (codes[from] === 13) return codes[from + 1] === 10 ? from + 2 : from + 1
  return codes[from] === 10 ? from + 1 : from
}
