/** Characters of a doctype in which declarations are looked for; entities that are declared behind them are as good as unknown. */
const MAX_KEPT = 65_536

/** Passes over a doctype piece by piece, and notes which entities it declares, so that nobody expands them. */
export class DoctypeReader {
  readonly #entities = new Set<string>()
  #kept = ''
  /** What the part in hand ends with: a quote, or the end of a comment. */
  #until: string | undefined
  #inside = false

  /** Names of the entities that are declared. */
  get entities(): ReadonlySet<string> {
    return this.#entities
  }

  /** Reads on from `from`; gives the index behind the doctype, undefined where that is in a later piece. */
  read(text: string, from: number): number | undefined {
    for (let at = from; at < text.length; at++) {
      const character = text.charAt(at)
      if (this.#kept.length < MAX_KEPT) this.#kept += character
      if (this.#until !== undefined) {
        if (this.#until.endsWith(character) && this.#endsWith(text, at, this.#until)) this.#until = undefined
      } else if (character === '"' || character === "'") this.#until = character
      else if (character === '-' && this.#inside && this.#endsWith(text, at, '<!--')) this.#until = '-->'
      else if (character === '[') this.#inside = true
      else if (character === ']') this.#inside = false
      else if (character === '>' && !this.#inside) return this.#over(at + 1)
    }
    return undefined
  }

  /** Whether the characters up to `at` are these, where they may have begun in the piece before. */
  #endsWith(text: string, at: number, mark: string): boolean {
    if (at + 1 >= mark.length) return text.endsWith(mark, at + 1)
    return this.#kept.endsWith(mark)
  }

  #over(at: number): number {
    for (const [, name] of this.#kept.matchAll(/<!ENTITY\s+([^\s%>"'<]+)\s/g)) this.#entities.add(name!)
    this.#kept = ''
    return at
  }
}
