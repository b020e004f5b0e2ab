import type { Layers } from "./layers.ts"

/** Sweeps over the columns; more of them hardly save crossings. */
const sweeps = 4

const neighbours = (
  count: number,
  links: ReadonlyArray<readonly [number, number]>
): {
  readonly left: ReadonlyArray<ReadonlyArray<number>>
  readonly right: ReadonlyArray<ReadonlyArray<number>>
} => {
  const left = Array.from({ length: count }, (): Array<number> => [])
  const right = Array.from({ length: count }, (): Array<number> => [])
  for (const [from, to] of links) {
    right[from]?.push(to)
    left[to]?.push(from)
  }
  return { left, right }
}

/**
 * Orders each column so that few edges cross: each box moves to the mean place of its neighbours in the column before,
 * then of those in the column after, a few times. Boxes without neighbours, and equal ones, keep their order.
 */
export const make = ({ columns, layerOf, links }: Layers): ReadonlyArray<ReadonlyArray<number>> => {
  const { left, right } = neighbours(layerOf.length, links)
  const place = layerOf.map(() => 0)
  const ordered = columns.map((column) => [...column])
  for (const column of ordered) column.forEach((box, at) => (place[box] = at))
  const sort = (column: Array<number>, sides: ReadonlyArray<ReadonlyArray<number>>) => {
    const wanted = new Map<number, number>()
    for (const box of column) {
      const around = sides[box] ?? []
      const sum = around.reduce((total, other) => total + (place[other] ?? 0), 0)
      wanted.set(box, around.length === 0 ? (place[box] ?? 0) : sum / around.length)
    }
    column.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0) || (place[a] ?? 0) - (place[b] ?? 0))
    column.forEach((box, at) => (place[box] = at))
  }
  for (let sweep = 0; sweep < sweeps; sweep++) {
    if (sweep % 2 === 0) for (const column of ordered) sort(column, left)
    else for (const column of [...ordered].reverse()) sort(column, right)
  }
  return ordered
}

/** How a sweep over the columns goes: in which direction, and which neighbours a box wants to be level with. */
const settlings: ReadonlyArray<{ readonly isRightward: boolean; readonly sides: "left" | "right" | "both" }> =
  [
    { isRightward: true, sides: "left" },
    { isRightward: false, sides: "right" },
    { isRightward: true, sides: "left" },
    { isRightward: false, sides: "both" },
    { isRightward: true, sides: "both" }
  ]

/**
 * Centres of the boxes of every column: as near as possible to the mean of their neighbours' centres, in the given
 * order, and never so near that two boxes touch.
 */
export const centres = (
  { layerOf, links }: Layers,
  ordered: ReadonlyArray<ReadonlyArray<number>>,
  heightOf: (box: number) => number,
  gap: number
): ReadonlyArray<number> => {
  const { left, right } = neighbours(layerOf.length, links)
  const centre = layerOf.map(() => 0)
  for (const column of ordered) {
    let floor = 0
    for (const box of column) {
      centre[box] = floor + heightOf(box) / 2
      floor += heightOf(box) + gap
    }
  }
  const level = (boxes: ReadonlyArray<number>, otherwise: number) =>
    boxes.length === 0 ? otherwise : boxes.reduce((sum, box) => sum + (centre[box] ?? 0), 0) / boxes.length
  for (const { isRightward, sides } of settlings) {
    for (const column of isRightward ? ordered : ordered.toReversed()) {
      const wishes = column.map((box) => {
        const before = sides === "right" ? [] : (left[box] ?? [])
        const after = sides === "left" ? [] : (right[box] ?? [])
        return level([...before, ...after], centre[box] ?? 0)
      })
      const found = spread(column.map(heightOf), wishes, gap)
      column.forEach((box, at) => (centre[box] = found[at] ?? 0))
    }
  }
  return centre
}

/** Boxes that touch: how many, and the sum of where each of them wishes the column to begin. */
interface Block {
  readonly sum: number
  readonly count: number
}

/**
 * Centres as near as possible to the wishes, as the sum of squares measures it: boxes that get into each other's way
 * move on together, as one block, to the mean of what they wish.
 */
const spread = (
  heights: ReadonlyArray<number>,
  wishes: ReadonlyArray<number>,
  gap: number
): ReadonlyArray<number> => {
  const offsets: Array<number> = []
  heights.reduce((offset, height) => {
    offsets.push(offset + height / 2)
    return offset + height + gap
  }, 0)
  const blocks: Array<Block> = []
  wishes.forEach((wish, at) => {
    let block: Block = { sum: wish - (offsets[at] ?? 0), count: 1 }
    for (let above = blocks.at(-1); above !== undefined; above = blocks.at(-1)) {
      if (above.sum / above.count < block.sum / block.count) break
      blocks.pop()
      block = { sum: block.sum + above.sum, count: block.count + above.count }
    }
    blocks.push(block)
  })
  const shifts = blocks.flatMap(({ count, sum }) => Array.from({ length: count }, () => sum / count))
  return offsets.map((offset, at) => offset + (shifts[at] ?? 0))
}
