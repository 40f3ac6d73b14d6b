/** A list with two ends, in a ring: adding and taking at either end costs O(1). */
export class Deque<T> {
  #ring: (T | undefined)[] = new Array(8)
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  get first(): T | undefined {
    return this.#ring[this.#head]
  }

  get last(): T | undefined {
    return this.#ring[(this.#head + this.#length - 1) & (this.#ring.length - 1)]
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) this.#resize(this.#length * 2)
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item
    this.#length++
  }

  unshift(item: T): void {
    if (this.#length === this.#ring.length) this.#resize(this.#length * 2)
    this.#head = (this.#head - 1) & (this.#ring.length - 1)
    this.#ring[this.#head] = item
    this.#length++
  }

  pop(): T | undefined {
    if (this.#length === 0) return undefined
    this.#length--
    return this.#take((this.#head + this.#length) & (this.#ring.length - 1))
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined
    const index = this.#head
    this.#head = (index + 1) & (this.#ring.length - 1)
    this.#length--
    return this.#take(index)
  }

  #take(index: number): T {
    const item = this.#ring[index]!
    this.#ring[index] = undefined
    // a queue that was long once does not keep its room
    if (this.#length < this.#ring.length >> 2 && this.#ring.length > 64) this.#resize(this.#ring.length >> 1)
    return item
  }

  #resize(size: number): void {
    const ring = new Array<T | undefined>(size)
    for (let i = 0; i < this.#length; i++) ring[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)]
    this.#ring = ring
    this.#head = 0
  }
}
