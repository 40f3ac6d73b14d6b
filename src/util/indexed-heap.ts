/**
 * A binary heap whose items know their place in it, so that one of them can be moved or taken out in O(log n).
 *
 * `slot` names the item's field that holds its position: -1 when it is not in this heap. An item may be in several heaps, through
 * several fields.
 */
export class IndexedHeap<Field extends string, T extends { [K in Field]: number }> {
  readonly #items: T[] = []
  readonly #field: Field
  readonly #before: (a: T, b: T) => boolean

  constructor(field: Field, before: (a: T, b: T) => boolean) {
    this.#field = field
    this.#before = before
  }

  get size(): number {
    return this.#items.length
  }

  /** The first item; undefined when there is none. */
  peek(): T | undefined {
    return this.#items[0]
  }

  has(item: T): boolean {
    return (item[this.#field] as number) >= 0
  }

  /** Puts an item in, or to its right place when its order has changed. */
  put(item: T): void {
    let index = item[this.#field] as number
    if (index < 0) {
      index = this.#items.length
      this.#items.push(item)
      this.#set(item, index)
    }
    this.#down(this.#up(index))
  }

  /** Takes an item out; nothing happens when it is not in. */
  remove(item: T): void {
    const index = item[this.#field] as number
    if (index < 0) return
    this.#set(item, -1)
    const last = this.#items.pop()!
    if (last === item) return
    this.#items[index] = last
    this.#set(last, index)
    this.#down(this.#up(index))
  }

  /** Takes the first item out. */
  pop(): T | undefined {
    const first = this.#items[0]
    if (first !== undefined) this.remove(first)
    return first
  }

  #set(item: T, index: number): void {
    ;(item as { [K in Field]: number })[this.#field] = index as T[Field]
  }

  #up(start: number): number {
    const items = this.#items
    const item = items[start]!
    let index = start
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = items[above]!
      if (!this.#before(item, parent)) break
      items[index] = parent
      this.#set(parent, index)
      index = above
    }
    items[index] = item
    this.#set(item, index)
    return index
  }

  #down(start: number): void {
    const items = this.#items
    const item = items[start]!
    let index = start
    for (;;) {
      let below = 2 * index + 1
      if (below >= items.length) break
      if (below + 1 < items.length && this.#before(items[below + 1]!, items[below]!)) below++
      const child = items[below]!
      if (!this.#before(child, item)) break
      items[index] = child
      this.#set(child, index)
      index = below
    }
    items[index] = item
    this.#set(item, index)
  }
}
