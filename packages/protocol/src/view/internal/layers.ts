/** The columns of a layered layout: which box lies in which one, and through which ones an edge passes. */
export interface Layers {
  /** Per box and per lane its column. */
  readonly layerOf: ReadonlyArray<number>
  /** Per column, its boxes and lanes. Lanes have the numbers from `boxCount` on. */
  readonly columns: ReadonlyArray<ReadonlyArray<number>>
  /** Links between neighbouring columns, as box or lane numbers. */
  readonly links: ReadonlyArray<readonly [number, number]>
  /** Per edge, the lanes that it passes through, from left to right. */
  readonly lanes: ReadonlyArray<ReadonlyArray<number>>
}

/**
 * How often edges may pass a column in one layout, all together. The edges beyond it are drawn straight: a picture with so
 * many lines shows nothing, and a lane for each would cost the square of the graph's size.
 */
export const passesMax = 50_000

/**
 * Puts every box one column right of the last box that it follows. In a graph with a cycle, the box that comes first is
 * placed as if the edges that lead back to it were not there.
 */
const longestPaths = (
  boxCount: number,
  edges: ReadonlyArray<readonly [number, number]>
): ReadonlyArray<number> => {
  const after = Array.from({ length: boxCount }, (): Array<number> => [])
  const open = after.map(() => 0)
  for (const [from, to] of edges) {
    after[from]?.push(to)
    open[to] = (open[to] ?? 0) + 1
  }
  const layerOf = after.map(() => 0)
  const isPlaced = after.map(() => false)
  const ready: Array<number> = []
  const place = (box: number) => {
    isPlaced[box] = true
    ready.push(box)
  }
  open.forEach((count, box) => {
    if (count === 0) place(box)
  })
  let next = 0
  let smallest = 0
  for (let placed = 0; placed < boxCount; placed++) {
    while (ready.length === next && smallest < boxCount) {
      if (isPlaced[smallest] === false) place(smallest)
      smallest++
    }
    const box = ready[next++] ?? 0
    for (const to of after[box] ?? []) {
      if (isPlaced[to] === true) continue
      layerOf[to] = Math.max(layerOf[to] ?? 0, (layerOf[box] ?? 0) + 1)
      open[to] = (open[to] ?? 0) - 1
      if (open[to] === 0) place(to)
    }
  }
  return layerOf
}

/**
 * Computes the columns. An edge that spans more than one column gets a lane in each column between, so that it does not
 * run below a card; edges that start at one box share their lanes.
 */
export const make = (boxCount: number, edges: ReadonlyArray<readonly [number, number]>): Layers => {
  const layerOf = [...longestPaths(boxCount, edges)]
  const links: Array<readonly [number, number]> = []
  const lanesFrom = new Map<number, Array<number>>()
  let passes = 0
  const lanes = edges.map(([from, to]) => {
    const first = layerOf[from] ?? 0
    const span = (layerOf[to] ?? 0) - first
    if (span <= 0) return []
    if (span === 1 || passes + span - 1 > passesMax) {
      links.push([from, to])
      return []
    }
    passes += span - 1
    const own = lanesFrom.get(from) ?? []
    while (own.length < span - 1) {
      const lane = layerOf.length
      links.push([own.at(-1) ?? from, lane])
      layerOf.push(first + own.length + 1)
      own.push(lane)
    }
    lanesFrom.set(from, own)
    const used = own.slice(0, span - 1)
    links.push([used.at(-1) ?? from, to])
    return used
  })
  const columns: Array<Array<number>> = []
  layerOf.forEach((layer, box) => {
    const column = (columns[layer] ??= [])
    column.push(box)
  })
  return { layerOf, columns, links, lanes }
}
