/** Notes what runs, so that a system that skips nodes, repeats them or runs them too early is found out. */
import type { Graph } from "./Graph.ts"

/** What every node gives: a small object, about sixty bytes as JSON. */
export interface NodeResult {
  readonly node: number
  readonly ok: boolean
  readonly note: string
}

/** Notes what runs. */
export interface Ledger {
  /** The work of a node, the same for every system. Fails when the node runs again or before its dependencies. */
  readonly visit: (node: number) => Promise<NodeResult>
  /** Fails when a node has not run. */
  readonly verify: () => void
}

const note = "as many letters as a result has"

/** Makes the ledger of one run of a graph. */
export const make = ({ dependencies }: Graph): Ledger => {
  const visited = new Uint8Array(dependencies.length)
  let count = 0
  return {
    visit: async (node) => {
      if (visited[node] !== 0) throw new Error(`node ${node} does not exist or has run before`)
      for (const one of dependencies[node] ?? []) {
        if (visited[one] === 0) throw new Error(`node ${node} runs before node ${one}, on which it depends`)
      }
      visited[node] = 1
      count++
      return { node, ok: true, note }
    },
    verify: () => {
      if (count !== dependencies.length) throw new Error(`${count} of ${dependencies.length} nodes have run`)
    }
  }
}
