/** Tells a model what became of its calls. */
import { Action, NodeOutput } from "@dagflow/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Limits } from "../Limits.ts"
import { PlannerError } from "../PlannerError.ts"
import { describe, Refusal } from "../Refusal.ts"
import { type CallResult, resultsMessage } from "./conversation.ts"
import { cut, jsonBytes } from "./inspect.ts"

type Json = Schema.Json

const Note = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  node: Schema.optionalKey(Schema.String),
  textOnly: Schema.optionalKey(Schema.Boolean),
  told: Schema.optionalKey(Schema.Json),
  steps: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  refused: Schema.optionalKey(Refusal)
})

const Input = Schema.StructWithRest(Schema.Struct({ calls: Schema.Array(Note) }), [
  // Under the id of a node stands why it failed, under the id and a name an output that is kept outside the log.
  Schema.Record(Schema.String, Schema.Json)
])

/** Whether an output is kept outside the log; what stands in its place says how large it is. */
export const isStored = (value: Json | undefined): boolean =>
  typeof value === "object" && value !== null && "$artifact" in value

/** The outputs of a node with those that are kept outside the log, as far as they were fetched. */
const whole = (
  node: string,
  outputs: Readonly<Record<string, Json>>,
  fetched: Readonly<Record<string, unknown>>
): Json =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => {
      if (!isStored(value)) return [name, value]
      const bytes = (value as { readonly bytes?: number }).bytes ?? 0
      return [name, (fetched[`${node}.${name}`] as Json | undefined) ?? { cutOff: true, bytes }]
    })
  )

/** What a failed node is told as. */
export const failureOf = (error: { readonly tag: string; readonly message: string }): Json => ({
  error: error.tag,
  message: cut(error.message, 2000)
})

const shortened = (outputs: Json, bytesMax: number): Json => {
  const bytes = jsonBytes(outputs)
  if (bytes <= bytesMax) return outputs
  return { cutOff: true, bytes, beginning: cut(JSON.stringify(outputs), bytesMax) }
}

/** What is told of outputs: of a turn, the text that the model said. */
const partTold = (outputs: Json, textOnly: boolean): Json =>
  textOnly ? ((outputs as Readonly<Record<string, Json>>)["text"] ?? "") : outputs

/** What became of a node. */
interface NodeResult {
  readonly isFailure: boolean
  readonly result: Json
}

/** The action that collects the results of a turn's calls. */
export const resultsAction = (name: string, limits: Limits) =>
  Action.make(name, {
    input: Input,
    output: Schema.Struct({ message: Schema.Array(Schema.Json) }),
    run: ({ calls, ...notes }, { dependencies }) => {
      const resultOf = (node: string, textOnly = false): NodeResult => {
        const outputs = dependencies[node]
        if (outputs !== undefined) {
          const result = shortened(partTold(whole(node, outputs, notes), textOnly), limits.resultBytesMax)
          return { isFailure: false, result }
        }
        const failure = notes[node] as Json | undefined
        return { isFailure: true, result: failure ?? { error: "NotRun", message: "it did not run" } }
      }
      const results = calls.map(
        ({ id, name: tool, node = "", refused, steps, textOnly, told }): CallResult => {
          const base = { id, name: tool }
          if (refused !== undefined) {
            const result = { refused: refused._tag, message: describe(refused) }
            return { ...base, isFailure: true, result }
          }
          if (told !== undefined) {
            return { ...base, isFailure: false, result: shortened(told, limits.resultBytesMax) }
          }
          if (steps === undefined) return { ...base, ...resultOf(node, textOnly) }
          const all = Object.entries(steps).map(([step, id]) => [step, resultOf(id)] as const)
          return {
            ...base,
            isFailure: all.some(([, { isFailure }]) => isFailure),
            result: Object.fromEntries(all.map(([step, { result }]) => [step, result]))
          }
        }
      )
      return { message: [resultsMessage(results)] }
    }
  })

/** The action of the node whose failure says which limit ended a loop. */
export const limitAction = (name: string) =>
  Action.make(name, {
    input: Schema.Struct({ limit: Schema.String, maximum: Schema.Finite, requested: Schema.Finite }),
    output: Schema.Struct({}),
    run: (reached) => Effect.fail(new PlannerError({ reason: { _tag: "LimitReached", ...reached } }))
  })

/** What people answer who were asked about a plan. */
export const Approval = Schema.Struct({
  approved: Schema.Boolean,
  hash: Schema.optionalKey(Schema.String),
  comment: Schema.optionalKey(Schema.String)
})

/** The action that asks people about a plan. To approve is to name the hash of what was shown. */
export const approvalAction = (name: string) =>
  Action.make(name, {
    input: Schema.Struct({ hash: Schema.String, preview: Schema.String }),
    output: Approval,
    run: ({ hash, preview }) =>
      NodeOutput.wait({
        prompt: preview,
        schema: Schema.Union([
          Schema.Struct({
            approved: Schema.Literal(true),
            hash: Schema.Literal(hash),
            comment: Schema.optionalKey(Schema.String)
          }),
          Schema.Struct({ approved: Schema.Literal(false), comment: Schema.optionalKey(Schema.String) })
        ])
      })
  })
