/** The graphs that are measured: nodes by number, each with the nodes it depends on. */

/** A graph; the dependencies of a node have smaller numbers than the node. */
export interface Graph {
  readonly dependencies: ReadonlyArray<ReadonlyArray<number>>
  readonly dependents: ReadonlyArray<ReadonlyArray<number>>
}

const make = (dependencies: ReadonlyArray<ReadonlyArray<number>>): Graph => {
  const dependents = dependencies.map((): Array<number> => [])
  for (const [node, list] of dependencies.entries()) for (const one of list) dependents[one]?.push(node)
  return { dependencies, dependents }
}

/** Nodes that depend on nothing. */
export const wide = (size: number): Graph => make(Array.from({ length: size }, () => []))

/** Nodes that each depend on the one before. */
export const chain = (size: number): Graph =>
  make(Array.from({ length: size }, (_, node) => (node === 0 ? [] : [node - 1])))

/** Layers of nodes that each depend on `degree` different ones of the layer before, chosen by a fixed seed. */
export const layered = (layers: number, width: number, degree: number): Graph => {
  const random = seeded(20_261_121)
  return make(
    Array.from({ length: layers * width }, (_, node) => {
      if (node < width) return []
      const first = (Math.floor(node / width) - 1) * width
      const chosen = new Set<number>()
      while (chosen.size < Math.min(degree, width)) chosen.add(first + Math.floor(random() * width))
      return [...chosen]
    })
  )
}

/** The nodes that no other one depends on. */
export const sinks = (graph: Graph): ReadonlyArray<number> =>
  graph.dependents.flatMap((list, node) => (list.length === 0 ? [node] : []))

/** Numbers from 0 to below 1 that look random and are the same every time: a linear congruential generator. */
const seeded = (seed: number): (() => number) => {
  let state = BigInt(seed)
  return () => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & 0xffff_ffff_ffff_ffffn
    return Number(state >> 11n) / 2 ** 53
  }
}
