import type { FlowGraph } from "../FlowGraph.ts"
import type { Components } from "./components.ts"

/** Asks whether `target` has to end before `node` may start. */
export interface Question {
  readonly node: number
  readonly target: number
}

/** Targets answered in one pass over the graph: the bits of a number on which bitwise operators work. */
const bitCount = 32

/**
 * Answers, question by question, whether the target is an ancestor of the node.
 *
 * One pass over all nodes and edges answers the questions about 32 targets, so that the work is
 * `targets / 32 × (nodes + edges)` even when every node asks about a far ancestor.
 */
export const answer = (
  graph: FlowGraph,
  components: Components,
  questions: ReadonlyArray<Question>
): ReadonlyArray<boolean> => {
  const targets = [...new Set(questions.map(({ target }) => target))]
  const chunkOf = new Map(targets.map((target, index) => [target, Math.floor(index / bitCount)]))
  const chunks: ReadonlyArray<Array<number>> = Array.from(
    { length: Math.ceil(targets.length / bitCount) },
    () => []
  )
  questions.forEach(({ target }, index) => chunks[chunkOf.get(target) ?? 0]?.push(index))
  const answers = questions.map(() => false)
  for (const chunk of chunks) {
    const asked = chunk.map((index) => questions[index]).filter((one) => one !== undefined)
    const bits = new Map([...new Set(asked.map(({ target }) => target))].map((one, bit) => [one, 1 << bit]))
    const ancestors = ancestorBits(graph, components, bits)
    for (const index of chunk) {
      const { node, target } = questions[index] ?? { node: -1, target: -1 }
      answers[index] = ((ancestors[components.of[node] ?? -1] ?? 0) & (bits.get(target) ?? 0)) !== 0
    }
  }
  return answers
}

/** Per group, the bits of the targets that are ancestors of its nodes. */
const ancestorBits = (
  graph: FlowGraph,
  components: Components,
  bits: ReadonlyMap<number, number>
): Int32Array => {
  const result = new Int32Array(components.members.length)
  components.members.forEach((members, group) => {
    let mask = 0
    for (const member of members) {
      for (const dependency of graph.dependencies[member] ?? []) {
        mask |= (result[components.of[dependency] ?? -1] ?? 0) | (bits.get(dependency) ?? 0)
      }
    }
    result[group] = mask
  })
  return result
}
