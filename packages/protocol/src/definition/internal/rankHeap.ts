/** A binary heap of numbers that gives the smallest one first. */
export interface RankHeap {
  readonly items: Array<number>
}

/** An empty heap. */
export const make = (): RankHeap => ({ items: [] })

/** Adds a number. */
export const push = ({ items }: RankHeap, item: number): void => {
  let at = items.length
  while (at > 0) {
    const parent = (at - 1) >>> 1
    const above = items[parent] ?? item
    if (above <= item) break
    items[at] = above
    at = parent
  }
  items[at] = item
}

/** Takes the smallest number, or `undefined` when there is none. */
export const pop = ({ items }: RankHeap): number | undefined => {
  const top = items[0]
  const last = items.pop()
  if (last === undefined || items.length === 0) return top
  let at = 0
  for (let child = 1; child < items.length; child = 2 * at + 1) {
    const right = child + 1
    if (right < items.length && (items[right] ?? 0) < (items[child] ?? 0)) child = right
    const below = items[child] ?? 0
    if (below >= last) break
    items[at] = below
    at = child
  }
  items[at] = last
  return top
}
