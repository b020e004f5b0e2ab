/** A binary heap: what comes before everything else is taken out first, in time logarithmic to its size. */
export class Heap<A> {
  readonly #isBefore: (a: A, b: A) => boolean
  #items: Array<A> = []

  constructor(isBefore: (a: A, b: A) => boolean) {
    this.#isBefore = isBefore
  }

  get size(): number {
    return this.#items.length
  }

  /** The one that is taken out next, or `undefined` when there is none. */
  get first(): A | undefined {
    return this.#items[0]
  }

  add(item: A): void {
    const items = this.#items
    let at = items.push(item) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = items[above]
      if (parent === undefined || !this.#isBefore(item, parent)) break
      items[at] = parent
      at = above
    }
    items[at] = item
  }

  /** Takes the first one out, or answers `undefined` when there is none. */
  take(): A | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (first === undefined || last === undefined || items.length === 0) return first
    this.#sink(last, 0)
    return first
  }

  /** Keeps only what is wanted, in time proportional to the size. */
  keep(isWanted: (item: A) => boolean): void {
    this.#items = this.#items.filter(isWanted)
    for (let at = (this.#items.length >> 1) - 1; at >= 0; at--) {
      const item = this.#items[at]
      if (item !== undefined) this.#sink(item, at)
    }
  }

  /** Puts an item at a place and lets it sink to where it belongs. */
  #sink(item: A, from: number): void {
    const items = this.#items
    let at = from
    while (true) {
      const left = 2 * at + 1
      const right = left + 1
      const leftItem = items[left]
      const rightItem = items[right]
      if (leftItem === undefined) break
      const isRight = rightItem !== undefined && this.#isBefore(rightItem, leftItem)
      const child = isRight ? rightItem : leftItem
      if (!this.#isBefore(child, item)) break
      items[at] = child
      at = isRight ? right : left
    }
    items[at] = item
  }
}
