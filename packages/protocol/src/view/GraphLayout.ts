/**
 * Places the cards of a graph in columns, from left to right: every card right of all that it follows, no two cards on
 * top of each other, edges in lanes between the cards. Equal graphs get equal layouts.
 */
import * as ColumnOrder from "./internal/columnOrder.ts"
import * as Layers from "./internal/layers.ts"

/** A point; x grows to the right and y downwards. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** A card, by its upper left corner and its size. */
export interface Card extends Point {
  readonly width: number
  readonly height: number
}

/** The size of a card. */
export interface CardSize {
  readonly width: number
  readonly height: number
}

/** Distances of a layout. */
export interface LayoutOptions {
  /** Between two columns; default 56. */
  readonly columnGap?: number
  /** Between two cards of a column; default 16. */
  readonly rowGap?: number
}

/** What holds when an option is left out. */
export const defaults = { columnGap: 56, rowGap: 16 } as const

/** Where the cards and edges of a graph lie. The upper left corner is 0, 0. */
export interface GraphLayout {
  readonly width: number
  readonly height: number
  /** One per card, in the order in which they were given. */
  readonly cards: ReadonlyArray<Card>
  /** One per edge: the right side of its source, the lanes that it passes through, the left side of its target. */
  readonly edges: ReadonlyArray<ReadonlyArray<Point>>
}

/** Height of a lane. */
const laneHeight = 6

/**
 * Computes a layout in time proportional to cards, edges and the columns that edges span. Edges name cards by their
 * index. A graph with a cycle gets a layout too; the edges that close it lead back to the left.
 */
export const make = (
  sizes: ReadonlyArray<CardSize>,
  edges: ReadonlyArray<readonly [from: number, to: number]>,
  options: LayoutOptions = {}
): GraphLayout => {
  const { columnGap, rowGap } = { ...defaults, ...options }
  const layers = Layers.make(sizes.length, edges)
  const ordered = ColumnOrder.make(layers)
  const heightOf = (box: number) => sizes[box]?.height ?? laneHeight
  const centre = ColumnOrder.centres(layers, ordered, heightOf, rowGap)
  const widths = ordered.map((column) =>
    column.reduce((most, box) => Math.max(most, sizes[box]?.width ?? 0), 0)
  )
  const lefts: Array<number> = []
  widths.reduce((x, width) => {
    lefts.push(x)
    return x + width + columnGap
  }, 0)
  const top = centre.reduce((least, y, box) => Math.min(least, y - heightOf(box) / 2), Infinity)
  const leftOf = (box: number) => lefts[layers.layerOf[box] ?? 0] ?? 0
  const middleOf = (box: number) => round((centre[box] ?? 0) - top)
  const cards = sizes.map(({ height, width }, box) => ({
    x: leftOf(box),
    y: round((centre[box] ?? 0) - top - height / 2),
    width,
    height
  }))
  const lanePoints = (lane: number): ReadonlyArray<Point> => {
    const x = leftOf(lane)
    const y = middleOf(lane)
    return [
      { x, y },
      { x: x + (widths[layers.layerOf[lane] ?? 0] ?? 0), y }
    ]
  }
  return {
    width: (lefts.at(-1) ?? 0) + (widths.at(-1) ?? 0),
    height: round(centre.reduce((most, y, box) => Math.max(most, y - top + heightOf(box) / 2), 0)),
    cards,
    edges: edges.map(([from, to], index) => [
      { x: leftOf(from) + (sizes[from]?.width ?? 0), y: middleOf(from) },
      ...(layers.lanes[index] ?? []).flatMap(lanePoints),
      { x: leftOf(to), y: middleOf(to) }
    ])
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

/** A tenth of a pixel is as exact as a picture needs, and it keeps texts short. */
const round = (value: number): number => Math.round(value * 10) / 10
