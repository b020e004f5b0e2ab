/** Effect as one would use it by hand: a fiber for each node, one fiber that counts dependencies, nothing recorded. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { concurrency, measure, type System, type Task } from "./System.ts"

const schedule = ({ graph, visit }: Task) =>
  Effect.gen(function* () {
    const waitsFor = graph.dependencies.map((list) => list.length)
    const ready = waitsFor.flatMap((count, node) => (count === 0 ? [node] : []))
    const ended = yield* Queue.unbounded<number>()
    let next = 0
    let running = 0
    while (true) {
      while (running < concurrency && next < ready.length) {
        const node = ready[next++] ?? 0
        running++
        yield* Effect.forkChild(
          Effect.andThen(
            Effect.promise(() => visit(node)),
            Effect.sync(() => Queue.offerUnsafe(ended, node))
          ),
          { startImmediately: true }
        )
      }
      if (running === 0) return
      for (const node of yield* Queue.takeAll(ended)) {
        running--
        for (const one of graph.dependents[node] ?? []) {
          const left = (waitsFor[one] ?? 0) - 1
          waitsFor[one] = left
          if (left === 0) ready.push(one)
        }
      }
    }
  })

const growing = ({ graph, visit }: Task) =>
  Effect.gen(function* () {
    const queue = [0]
    for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
      const current = node
      yield* Effect.promise(() => visit(current))
      if (node + 1 < graph.dependencies.length) queue.push(node + 1)
    }
  })

export const effectFibers: System = {
  run: (task) => measure(() => schedule(task), Effect.runPromise),
  grow: (task) => measure(() => growing(task), Effect.runPromise)
}
