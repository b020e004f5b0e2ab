/**
 * The engine of this process. Next bundles every route by itself and loads bundles again after a change, so there are many modules
 * like this one: what they share is the global object, and on it there is one engine. What is made with the library stands beside
 * it, since each bundle may have a copy of the library, and one copy does not know the flows and errors of another.
 */
import * as library from "@dagflow/promise"
import { actions, article as ownArticle } from "./flow.ts"

interface Newsroom {
  readonly dagflow: library.DagFlow
  readonly article: typeof ownArticle
  readonly EventStream: typeof library.EventStream
  readonly DagFlowError: typeof library.DagFlowError
}

const key = Symbol.for("newsroom")

const shared = globalThis as typeof globalThis & { [key]?: Newsroom }

const open = (): Newsroom => ({
  dagflow: library.createDagFlow({
    store: process.env["STORE"] ?? "sqlite:.dagflow/newsroom.db",
    // What a process that has died left behind is taken up by itself.
    recovery: "continuous",
    actions
  }),
  article: ownArticle,
  EventStream: library.EventStream,
  DagFlowError: library.DagFlowError
})

export const { article, dagflow, DagFlowError, EventStream } = (shared[key] ??= open())
