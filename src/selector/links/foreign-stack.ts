/** How a start tag is to be read where svg or math is open: as an element of those, as HTML, or as only a tree can tell. */
export type Reading = 'foreign' | 'html' | 'unsure'

const SVG = 0
const MATH = 1
/** An svg or math element whose content is HTML (`<foreignObject>`, `<mtext>` …). */
const ISLAND = 2
const HTML = 3

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

// https://html.spec.whatwg.org/multipage/parsing.html#parsing-main-inforeign
const leavesForeign = words(
  'b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var',
)
const svgIslands = words('foreignobject desc title')
const mathIslands = words('mi mo mn ms mtext')
const neverClosed = words(
  'area base basefont bgsound br embed hr image img input keygen link meta param source track wbr plaintext',
)
// their rules look through an island at what is open around it, or close without an end tag what may have a namesake there
const unsureInIslands = words(
  'html head body frameset frame caption col colgroup tbody td tfoot th thead tr table select option optgroup template form button rb rt rtc rp',
)
const unsureInForeign = words('font annotation-xml mglyph malignmark')

/**
 * The open elements from an `<svg>` or `<math>` on: there other rules hold for raw text, CDATA and self-closing tags. It knows only markup
 * that is closed in the order it was opened, and says so when it meets any other.
 */
export class ForeignStack {
  readonly #names: string[] = []
  readonly #kinds: number[] = []

  /** 0: plain HTML. */
  get depth(): number {
    return this.#names.length
  }

  /** Whether the innermost open element is one of svg or math whose content is not HTML. */
  get inForeign(): boolean {
    const kind = this.#kinds.at(-1)
    return kind === SVG || kind === MATH
  }

  /** A start tag, `name` in lower case. Opens the stack when it is `svg` or `math`. */
  start(name: string, selfClosing: boolean): Reading {
    if (this.inForeign) {
      if (!leavesForeign.has(name)) return this.#startForeign(name, selfClosing)
      this.#leaveForeign()
    }
    if (name === 'svg' || name === 'math') {
      if (!selfClosing) this.#push(name, name === 'svg' ? SVG : MATH)
      return 'foreign'
    }
    if (this.depth === 0) return 'html'
    if (unsureInIslands.has(name) || unsureInForeign.has(name)) return 'unsure'
    if (name === 'a' && this.#names.some((open, i) => open === 'a' && this.#kinds[i] === HTML)) return 'unsure'
    if (!neverClosed.has(name)) this.#push(name, HTML)
    return 'html'
  }

  /** An end tag, `name` in lower case; false: only a tree can tell what it closes. */
  end(name: string): boolean {
    if (this.#kinds.at(-1) === HTML) {
      if (this.#names.at(-1) !== name) return false
      this.#truncate(this.depth - 1)
      return true
    }
    if (name === 'p' || name === 'br') {
      this.#leaveForeign()
      return true
    }
    for (let i = this.depth - 1; i >= 0 && this.#kinds[i] !== HTML; i--) {
      if (this.#names[i] === name) {
        this.#truncate(i)
        return true
      }
    }
    return false
  }

  #startForeign(name: string, selfClosing: boolean): Reading {
    if (unsureInForeign.has(name)) return 'unsure'
    const kind = this.#kinds.at(-1)!
    if (!selfClosing) this.#push(name, (kind === SVG ? svgIslands : mathIslands).has(name) ? ISLAND : kind)
    return 'foreign'
  }

  #leaveForeign(): void {
    let depth = this.depth
    while (depth > 0 && this.#kinds[depth - 1]! < ISLAND) depth--
    this.#truncate(depth)
  }

  #push(name: string, kind: number): void {
    this.#names.push(name)
    this.#kinds.push(kind)
  }

  #truncate(depth: number): void {
    this.#names.length = depth
    this.#kinds.length = depth
  }
}
