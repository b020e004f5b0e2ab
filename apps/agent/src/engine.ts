/** The engine of the agent, put together of layers: each of them can be replaced without touching the others. */
import { ApprovalAction } from "@dagflow/actions"
import { Action, Actions, DagFlow, Hook, Hooks, NodeOutput } from "@dagflow/core"
import { SqliteStore } from "@dagflow/store-sqlite"
import * as Layer from "effect/Layer"
import type * as LanguageModel from "effect/ai/LanguageModel"
import { recovery, researcher, review } from "./agentFlow.ts"
import { Documents } from "./material/Documents.ts"
import { checkCitations } from "./report/checkCitations.ts"
import { publishReport } from "./report/publishReport.ts"

/** Where the agent finds and leaves things. */
export interface Places {
  /** The SQLite file of its runs. */
  readonly store: string
  /** The folder of the documents that it researches in. */
  readonly documents: string
  /** The folder of its reports. */
  readonly reports: string
}

const noReport = Action.fn("no-report", () => NodeOutput.failure("the model ended without a report"), {
  estimate: { tokens: 0 }
})

/** The engine of the agent with a model. */
export const engine = (places: Places, model: Layer.Layer<LanguageModel.LanguageModel>) =>
  DagFlow.layer().pipe(
    Layer.provide([
      SqliteStore.layer(places.store),
      researcher.layer,
      Hooks.layer(Hook.budgetWarning(), review, recovery),
      Actions.layer(checkCitations, publishReport(places.reports), ApprovalAction.make(), noReport)
    ]),
    Layer.provide([model, Documents.layer(places.documents)])
  )
