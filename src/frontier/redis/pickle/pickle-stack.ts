import { pickleError } from './pickle-error.ts'
import type { PickleInput } from './pickle-input.ts'
import type { PickleValue } from './pickle-value.ts'

/** What a pickle's instructions work on: a stack with marks in it, and a memo. */
export class PickleStack {
  readonly #input: PickleInput
  readonly #values: PickleValue[] = []
  /** Heights of the stack; nothing is taken from below the last one. */
  readonly #marks: number[] = []
  readonly #memo = new Map<number, PickleValue>()

  /** @param input tells where the pickle is wrong */
  constructor(input: PickleInput) {
    this.#input = input
  }

  push(value: PickleValue): void {
    this.#values.push(value)
  }

  mark(): void {
    this.#marks.push(this.#values.length)
  }

  top(): PickleValue {
    if (this.#values.length <= this.#floor()) throw this.#empty()
    return this.#values.at(-1)!
  }

  /** The last `count` values, taken off. */
  take(count: number): PickleValue[] {
    if (this.#values.length - count < this.#floor()) throw this.#empty()
    return this.#values.splice(this.#values.length - count)
  }

  /** Takes off the last value, or the mark where nothing stands on it, as Python does. */
  drop(): void {
    if (this.#marks.length > 0 && this.#floor() === this.#values.length) this.#marks.pop()
    else this.take(1)
  }

  /** What stands on the last mark, taken off with it. */
  sinceMark(): PickleValue[] {
    const mark = this.#marks.pop()
    if (mark === undefined) throw pickleError('it ends a group that it did not begin', this.#input.at)
    return this.#values.splice(mark)
  }

  append(items: readonly PickleValue[]): void {
    const list = this.top()
    if (!Array.isArray(list)) throw this.#notA('list')
    // a spread of as many arguments as a large list has would overflow the stack
    for (const item of items) list.push(item)
  }

  addItems(items: readonly PickleValue[]): void {
    const set = this.top()
    if (!(set instanceof Set)) throw this.#notA('set')
    for (const item of items) set.add(item)
  }

  /** Sets keys and values, one after the other, in the dict on top. */
  setItems(items: readonly PickleValue[]): void {
    const dict = this.top()
    if (!(dict instanceof Map)) throw this.#notA('dict')
    if (items.length % 2 !== 0) throw pickleError('a key in it has no value', this.#input.at)
    for (let i = 0; i < items.length; i += 2) dict.set(items[i]!, items[i + 1]!)
  }

  /** How many values are in the memo. */
  get kept(): number {
    return this.#memo.size
  }

  keep(place: number): void {
    this.#memo.set(place, this.top())
  }

  recall(place: number): void {
    const value = this.#memo.get(place)
    if (value === undefined) throw pickleError('it refers to something that is not in it', this.#input.at)
    this.#values.push(value)
  }

  /** The one value that is left at the end. */
  result(): PickleValue {
    if (this.#values.length !== 1 || this.#marks.length > 0) throw pickleError('it stops before it is whole', this.#input.at)
    return this.#values[0]!
  }

  #floor(): number {
    return this.#marks.at(-1) ?? 0
  }

  #empty(): Error {
    return pickleError('it uses a value that is not there', this.#input.at)
  }

  #notA(kind: string): Error {
    return pickleError(`it adds to something that is no ${kind}`, this.#input.at)
  }
}
