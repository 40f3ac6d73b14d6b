/** What a live block needs of a terminal; `process.stderr` is one. */
export interface TerminalStream {
  write(text: string): unknown
  readonly columns?: number
  readonly rows?: number
}

/**
 * A block of lines that stays at the bottom of a terminal and is drawn anew, while log lines go by above it. Each change is one write, so
 * that nothing tears.
 */
export class LiveTerminal {
  readonly #stream: TerminalStream
  #block: readonly string[] = []
  #open = true

  constructor(stream: TerminalStream) {
    this.#stream = stream
  }

  /** Prints whole lines above the block. */
  readonly write = (text: string): void => {
    this.#stream.write(this.#erase() + text + this.#lines())
  }

  /** Replaces the block. Lines are plain text; what does not fit into the width is cut, and what does not fit into the height left out. */
  draw(lines: readonly string[]): void {
    if (!this.#open) return
    const before = this.#erase()
    const width = this.#columns() - 1
    // a block as high as the screen would scroll, and could not be taken away again
    const height = Math.max(1, (this.#stream.rows || 24) - 1)
    this.#block = lines.slice(0, height).map((line) => (line.length > width ? `${line.slice(0, width - 1)}…` : line))
    this.#stream.write(before + this.#lines())
  }

  /** Takes the block away for good; lines are still printed. */
  close(): void {
    if (this.#block.length > 0) this.#stream.write(this.#erase())
    this.#block = []
    this.#open = false
  }

  #columns(): number {
    // a terminal that does not know its width, or says 0, is taken for the usual one
    return this.#stream.columns || 80
  }

  #lines(): string {
    return this.#block.join('\n')
  }

  /** To the start of the block, and clear from there. A terminal made narrower since has broken lines into several rows. */
  #erase(): string {
    if (this.#block.length === 0) return ''
    const columns = this.#columns()
    const rows = this.#block.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)), 0)
    return `\r${rows > 1 ? `\x1b[${rows - 1}A` : ''}\x1b[0J`
  }
}
