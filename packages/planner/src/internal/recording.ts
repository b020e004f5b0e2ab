/** How a model that is made of a recorded run answers: with outputs as they were, not with words to be read again. */
import type { ActionContext, NodeOutput } from "@dagflow/core"
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as LanguageModel from "effect/ai/LanguageModel"
import type { PlannerError } from "../PlannerError.ts"
import type { Outputs } from "../Turn.ts"

/** Answers a turn that is about to send these messages, and to show these tools. */
export type Recording = (
  context: ActionContext.ActionContext,
  sent: ReadonlyArray<Schema.Json>,
  tools: string
) => Effect.Effect<NodeOutput.NodeOutput<Outputs>, PlannerError>

const recordingKey = Symbol.for("@dagflow/planner/Recording")

/** A model that answers turns from a recording. */
export const withRecording = (
  model: LanguageModel.LanguageModel,
  recording: Recording
): LanguageModel.LanguageModel => ({ ...model, [recordingKey]: recording }) as LanguageModel.LanguageModel

/** The recording that a model answers from, if it does. */
export const recordingOf = (model: LanguageModel.LanguageModel): Recording | undefined =>
  (model as { readonly [recordingKey]?: Recording })[recordingKey]
