/** A scheduler written by hand: dependency counting over promises, no events, nothing stored. The anchor in memory. */
import { concurrency, measure, type System, type Task } from "./System.ts"

/** Runs all nodes, each once its dependencies have ended, at most `concurrency` at once. */
const schedule = ({ graph, visit }: Task): Promise<void> =>
  new Promise((resolve, reject) => {
    const waitsFor = graph.dependencies.map((list) => list.length)
    const ready = waitsFor.flatMap((count, node) => (count === 0 ? [node] : []))
    let next = 0
    let running = 0
    const onDone = (node: number): void => {
      running--
      for (const one of graph.dependents[node] ?? []) {
        const left = (waitsFor[one] ?? 0) - 1
        waitsFor[one] = left
        if (left === 0) ready.push(one)
      }
      startReady()
    }
    const startReady = (): void => {
      while (running < concurrency && next < ready.length) {
        const node = ready[next++] ?? 0
        running++
        visit(node).then(() => onDone(node), reject)
      }
      if (running === 0) resolve()
    }
    startReady()
  })

const growing = async ({ graph, visit }: Task): Promise<void> => {
  const queue = [0]
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    await visit(node)
    if (node + 1 < graph.dependencies.length) queue.push(node + 1)
  }
}

export const plain: System = {
  run: (task) =>
    measure(
      () => {},
      () => schedule(task)
    ),
  grow: (task) =>
    measure(
      () => {},
      () => growing(task)
    )
}
