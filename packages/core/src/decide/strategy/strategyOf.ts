import type { Strategy as Name } from "@dagflow/protocol"
import { level } from "./Level.ts"
import { reactive } from "./Reactive.ts"
import type { Strategy } from "./Strategy.ts"
import { superstep } from "./Superstep.ts"
import { workQueue } from "./WorkQueue.ts"

const strategies: Readonly<Record<Name.Strategy, Strategy>> = {
  reactive,
  work_queue: workQueue,
  level,
  superstep
}

/** The strategy of that name. */
export const strategyOf = (name: Name.Strategy): Strategy => strategies[name]
