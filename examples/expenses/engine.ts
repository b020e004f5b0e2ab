/**
 * The engine of this process: one, also when a development server loads this module again after a change. A second one would
 * find its runs owned by the first.
 */
import { createDagFlow, type DagFlow } from "@dagflow/promise"
import { actions } from "./flow.ts"

const key = Symbol.for("expenses.dagflow")

const shared = globalThis as typeof globalThis & { [key]?: DagFlow }

/** The engine. It takes up by itself what a process that has died left behind. */
export const dagflow: DagFlow = (shared[key] ??= createDagFlow({
  store: process.env["STORE"] ?? "sqlite:.dagflow/expenses.db",
  recovery: "continuous",
  shutdownGrace: "5 seconds",
  actions
}))
