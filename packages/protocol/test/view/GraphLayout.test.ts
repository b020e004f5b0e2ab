import { describe, expect, it } from "vitest"
import { GraphLayout } from "../../src/index.ts"
import { dice } from "../Dice.ts"

type Edge = readonly [number, number]

const sizesOf = (count: number, heights: ReadonlyArray<number> = [60]) =>
  Array.from({ length: count }, (_, index) => ({ width: 200, height: heights[index % heights.length] ?? 60 }))

const randomEdges = (count: number, seed: number, reach: number): ReadonlyArray<Edge> => {
  const random = dice(seed)
  const edges = new Map<string, Edge>()
  for (let to = 1; to < count; to++) {
    for (let number = random.roll(3); number >= 0; number--) {
      const from = Math.max(0, to - 1 - random.roll(reach))
      edges.set(`${from} ${to}`, [from, to])
    }
  }
  return [...edges.values()]
}

const overlapping = (cards: ReadonlyArray<GraphLayout.Card>): number => {
  let count = 0
  cards.forEach((a, index) => {
    for (const b of cards.slice(index + 1)) {
      const apart =
        a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y
      if (!apart) count++
    }
  })
  return count
}

/** Parts of edges that run below a card: straight ones through a column, and curves that leave the gap between two. */
const hidden = (layout: GraphLayout.GraphLayout): number => {
  let count = 0
  for (const points of layout.edges) {
    points.slice(0, -1).forEach((from, index) => {
      const to = points[index + 1] ?? from
      const isCurve = index % 2 === 0
      for (const card of layout.cards) {
        const isBeside = to.x <= card.x || card.x + card.width <= from.x
        const isBelow = from.y > card.y && from.y < card.y + card.height
        if (!isBeside && (isCurve || isBelow)) count++
      }
    })
  }
  return count
}

/** The smallest space between two cards of one column. */
const smallestGap = (cards: ReadonlyArray<GraphLayout.Card>): number => {
  const columns = Map.groupBy(cards, (card) => card.x)
  const gaps = [...columns.values()].flatMap((column) => {
    const sorted = [...column].sort((a, b) => a.y - b.y)
    return sorted
      .slice(1)
      .map((card, index) => card.y - (sorted[index]?.y ?? 0) - (sorted[index]?.height ?? 0))
  })
  return Math.min(...gaps)
}

const expectTouching = (layout: GraphLayout.GraphLayout, edges: ReadonlyArray<Edge>) => {
  edges.forEach(([from, to], index) => {
    const [source, target, points] = [layout.cards[from], layout.cards[to], layout.edges[index]]
    if (source === undefined || target === undefined) throw new Error("an edge without its cards")
    const half = (card: GraphLayout.Card) => card.y + card.height / 2
    expect(points?.[0]?.x).toBe(source.x + source.width)
    expect(points?.[0]?.y).toBeCloseTo(half(source), 0)
    expect(points?.at(-1)?.x).toBe(target.x)
    expect(points?.at(-1)?.y).toBeCloseTo(half(target), 0)
  })
}

const expectInside = ({ cards, edges, height, width }: GraphLayout.GraphLayout) => {
  for (const card of cards) {
    expect(Math.min(card.x, card.y)).toBeGreaterThanOrEqual(0)
    expect(card.x + card.width).toBeLessThanOrEqual(width)
    expect(card.y + card.height).toBeLessThanOrEqual(height + 0.1)
  }
  for (const { x, y } of edges.flat()) {
    expect(x).toBeGreaterThanOrEqual(0)
    expect(x).toBeLessThanOrEqual(width)
    expect(y).toBeGreaterThanOrEqual(0)
    expect(y).toBeLessThanOrEqual(height + 0.1)
  }
}

describe("GraphLayout", () => {
  it("puts no two cards on top of each other, lets edges touch their cards, and hides none below a card", () => {
    for (let seed = 0; seed < 30; seed++) {
      const count = 5 + seed * 4
      const edges = randomEdges(count, seed, 3 + (seed % 25))
      const layout = GraphLayout.make(sizesOf(count, [40, 72, 88]), edges)
      expect(overlapping(layout.cards), `seed ${seed}`).toBe(0)
      expect(smallestGap(layout.cards), `seed ${seed}`).toBeGreaterThan(GraphLayout.defaults.rowGap - 0.3)
      expect(hidden(layout), `seed ${seed}`).toBe(0)
      expectTouching(layout, edges)
      expectInside(layout)
    }
  })

  it("puts every card right of all that it follows", () => {
    const edges = randomEdges(100, 3, 20)
    const { cards } = GraphLayout.make(sizesOf(100), edges)
    for (const [from, to] of edges) expect(cards[from]?.x).toBeLessThan(cards[to]?.x ?? 0)
  })

  it("is equal for equal graphs", () => {
    const edges = randomEdges(80, 9, 15)
    expect(GraphLayout.make(sizesOf(80), edges)).toEqual(GraphLayout.make(sizesOf(80), edges))
  })

  it("draws a chain as one straight line, and centres a node before its fan", () => {
    const chain = GraphLayout.make(sizesOf(4), [
      [0, 1],
      [1, 2],
      [2, 3]
    ])
    expect(new Set(chain.cards.map((card) => card.y)).size).toBe(1)
    const fan = GraphLayout.make(sizesOf(4), [
      [0, 1],
      [0, 2],
      [0, 3]
    ])
    expect(fan.cards[0]?.y).toBe(fan.cards[2]?.y)
  })

  it("crosses no edges where none need to cross", () => {
    const edges: ReadonlyArray<Edge> = [
      [0, 5],
      [1, 4],
      [2, 3]
    ]
    const { cards } = GraphLayout.make(sizesOf(6), edges)
    const places = edges.map(([from, to]) => [cards[from]?.y, cards[to]?.y])
    for (const [from, to] of places) expect(from).toBe(to)
  })

  it("keeps the gaps that it is asked to keep", () => {
    const { cards } = GraphLayout.make(
      sizesOf(3),
      [
        [0, 1],
        [0, 2]
      ],
      { columnGap: 100, rowGap: 30 }
    )
    expect(cards[1]?.x).toBe(300)
    expect((cards[2]?.y ?? 0) - (cards[1]?.y ?? 0)).toBe(90)
  })

  it("places graphs with cycles, single cards and nothing at all", () => {
    const cyclic: ReadonlyArray<Edge> = [
      [0, 1],
      [1, 2],
      [2, 0],
      [2, 3]
    ]
    const layout = GraphLayout.make(sizesOf(4), cyclic)
    expect(overlapping(layout.cards)).toBe(0)
    expectTouching(layout, cyclic)
    expect(GraphLayout.make(sizesOf(1), []).cards).toEqual([{ x: 0, y: 0, width: 200, height: 60 }])
    expect(GraphLayout.make([], [])).toEqual({ width: 0, height: 0, cards: [], edges: [] })
  })

  it("stays linear where every node of a long chain also follows the first one", () => {
    const count = 3000
    const edges: Array<Edge> = []
    for (let to = 1; to < count; to++) {
      edges.push([to - 1, to])
      if (to > 1) edges.push([0, to])
    }
    const points = GraphLayout.make(sizesOf(count), edges).edges.reduce((sum, one) => sum + one.length, 0)
    expect(points).toBeLessThan(120_000)
  })
})
