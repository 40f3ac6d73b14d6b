import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LiveTerminal } from './live-terminal.ts'

/** A terminal without scrolling limits: text, line breaks, wrapping, and the two sequences that are used. */
class Screen {
  columns: number
  lines: string[] = ['']
  writes = 0
  #row = 0
  #column = 0

  constructor(columns: number) {
    this.columns = columns
  }

  write(text: string): void {
    this.writes++
    for (const [token, up] of text.matchAll(/\x1b\[(\d*)[AJ]|[\s\S]/g)) {
      if (token === '\n') this.#newRow()
      else if (token === '\r') this.#column = 0
      else if (token.endsWith('A') && token.length > 1) this.#row -= Number(up)
      else if (token.endsWith('J') && token.length > 1) {
        this.lines.length = this.#row + 1
        this.lines[this.#row] = this.lines[this.#row]!.slice(0, this.#column)
      } else this.#put(token)
    }
  }

  get text(): string {
    return this.lines.join('\n')
  }

  /** As terminals do when they are made narrower: rows that are too long break. Only what is below the printed lines matters here. */
  narrow(columns: number): void {
    this.columns = columns
    this.lines = this.lines.flatMap((row) => row.match(new RegExp(`.{1,${columns}}`, 'g')) ?? [''])
    this.#row = this.lines.length - 1
    this.#column = this.lines[this.#row]!.length
  }

  #put(char: string): void {
    if (this.#column === this.columns) this.#newRow()
    const row = this.lines[this.#row]!
    this.lines[this.#row] = row.slice(0, this.#column) + char + row.slice(this.#column + 1)
    this.#column++
  }

  #newRow(): void {
    this.#row++
    this.#column = 0
    this.lines[this.#row] ??= ''
  }
}

test('log lines go by above the block, whatever the order of things', () => {
  const word = fc.stringMatching(/^[a-z]{1,19}$/)
  const step = fc.oneof(fc.record({ log: word }), fc.record({ draw: fc.array(word, { minLength: 0, maxLength: 4 }) }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const screen = new Screen(20)
      const terminal = new LiveTerminal(screen)
      const logged: string[] = []
      let block: string[] = []
      for (const s of steps) {
        if ('log' in s) {
          logged.push(`${s.log}\n`)
          terminal.write(`${s.log}\n`)
        } else {
          block = s.draw
          terminal.draw(block)
        }
        expect(screen.text).toBe(logged.join('') + block.join('\n'))
      }
      terminal.close()
      expect(screen.text).toBe(logged.join(''))
    }),
  )
})

test('each change is one write', () => {
  const screen = new Screen(80)
  const terminal = new LiveTerminal(screen)
  terminal.draw(['a', 'b'])
  terminal.write('log\n')
  terminal.draw(['c'])
  expect(screen.writes).toBe(3)
})

test('a line that is too long is cut, not wrapped', () => {
  const screen = new Screen(10)
  const terminal = new LiveTerminal(screen)
  terminal.draw(['123456789', '1234567890'])
  expect(screen.lines).toEqual(['123456789', '12345678…'])
})

test('a block higher than the screen is cut', () => {
  const written: string[] = []
  const terminal = new LiveTerminal({ rows: 3, columns: 10, write: (text) => written.push(text) })
  terminal.draw(['a', 'b', 'c', 'd'])
  expect(written).toEqual(['a\nb'])
})

test('a terminal made narrower is still cleared', () => {
  const screen = new Screen(40)
  const terminal = new LiveTerminal(screen)
  terminal.write('kept\n')
  terminal.draw(['a'.repeat(30), 'b'.repeat(35)])
  screen.narrow(12)
  terminal.draw(['short'])
  expect(screen.text).toBe('kept\nshort')
})

test('after it was closed nothing is drawn, and lines are still printed', () => {
  const screen = new Screen(40)
  const terminal = new LiveTerminal(screen)
  terminal.draw(['block'])
  terminal.close()
  terminal.draw(['late'])
  terminal.write('line\n')
  expect(screen.text).toBe('line\n')
})
