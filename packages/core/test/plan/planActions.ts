import { Action, type Flow, Plan } from "@dagflow/core"
import type { FlowSpec, Problem } from "@dagflow/protocol"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** Requires a whole number; gives a list, a text and perhaps another text. */
export const load = Action.make("load", {
  version: "2.1.0",
  input: Schema.Struct({ limit: Schema.Int, title: Schema.optionalKey(Schema.String) }),
  output: Schema.Struct({
    rows: Schema.Array(Schema.Struct({ id: Schema.Int, name: Schema.String })),
    title: Schema.String,
    remark: Schema.optionalKey(Schema.String)
  }),
  run: () => ({ rows: [], title: "" })
})

/** Requires a text. */
export const print = Action.make("print", {
  input: Schema.Struct({ text: Schema.String, copies: Schema.optionalKey(Schema.Int) }),
  output: Schema.Struct({ length: Schema.Int }),
  run: ({ text }) => ({ length: text.length })
})

/** Has no schemas. */
export const tidy = Action.fn("tidy", (input: { readonly what?: string }) => void input)

/** Stands in for `load`. */
export const loadCached = Action.fn("load-cached", () => ({ rows: [], title: "cached" }), { version: "7" })

const known = [load, print, tidy, loadCached]

/** What a process knows that knows the actions above. */
export const actions: Plan.Actions = {
  get: (name) => known.find((action) => action.name === name),
  list: known
}

/** What a process knows that knows none: flows bring their own actions. */
export const noActions: Plan.Actions = { get: () => undefined, list: [] }

/** The problems of a flow that are errors. */
export const errorsOf = (
  flow: Flow.Any | FlowSpec.FlowSpec,
  known: Plan.Actions = actions
): ReadonlyArray<Problem> => Plan.check(flow, known).filter(({ severity }) => severity === "error")

/** The plan of a flow that has no problems. */
export const planOf = (
  flow: Flow.Any | FlowSpec.FlowSpec,
  options: Partial<Plan.PlanOptions> = {}
): Plan.Plan => Result.getOrThrow(Plan.make(flow, { actions, runId: "run", ...options }))
