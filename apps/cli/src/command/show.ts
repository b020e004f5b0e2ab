/** `dagflow show`: says in sentences how a run, or one node of it, stands. */
import { DagFlow } from "@dagflow/core"
import { Descendants, NodeView, RunReport, type RunState, Suggestion } from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { CliFailure } from "../output/CliFailure.ts"
import type { ShowDocument } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import * as NodeText from "../run/NodeText.ts"
import { Refusals } from "../run/Refusals.ts"
import * as ReportText from "../run/ReportText.ts"
import * as StoredRun from "../run/StoredRun.ts"
import * as FlowFlags from "./FlowFlags.ts"
import { perform } from "./perform.ts"

const flags = {
  run: FlowFlags.run,
  node: Argument.String("node").pipe(Argument.optional, Argument.withDescription("A node of the run")),
  at: Flag.Int("at").pipe(
    Flag.optional,
    Flag.withMetavar("<event>"),
    Flag.withDescription("As it was after the event of this number")
  ),
  all: Flag.Boolean("all").pipe(
    Flag.withDefault(false),
    Flag.withoutNegation,
    Flag.withDescription("List every node, and write values out in full")
  )
}

/** `dagflow show`. */
export const show = Command.make(
  "show",
  flags,
  perform(({ all, at, node, run }, { globals, output }) =>
    StoredRun.use(run, globals, ({ location, row }) =>
      Effect.gen(function* () {
        const refusals = new Refusals()
        const state = yield* StoredRun.load(row.runId, Option.getOrUndefined(at), (envelope) => {
          output.redactor.learnFrom(envelope.event)
          refusals.see(envelope)
        })
        if (Option.isSome(at) && at.value > state.sequence) {
          return yield* tooLate(row.runId, at.value, state.sequence)
        }
        const now = yield* Clock.currentTimeMillis
        const nodeId = Option.getOrUndefined(node)
        // Where child runs stand is in their own logs, and is asked of whoever reads those; it is so now, and was not then.
        const handle = Option.isNone(at) ? yield* (yield* DagFlow).attach(row.runId) : undefined
        if (nodeId === undefined) {
          const report =
            handle === undefined || !hasChildren(state) ? RunReport.make(state, now) : yield* handle.report
          const refused = refusals.document
          if (output.json) yield* output.printJson(document({ report, ...(refused && { refused }) }))
          else {
            const options = { all, option: location.option, refused: refusals.lines() }
            yield* output.print(ReportText.format(report, output, options))
          }
          return ExitCode.ok
        }
        const isFlow = state.byId.get(nodeId)?.spec.flow !== undefined
        const view =
          handle === undefined || !isFlow ? NodeView.ofRun(state, nodeId, now) : yield* handle.node(nodeId)
        if (view === undefined) return yield* unknown(nodeId, row.runId, [...state.byId.keys()])
        const inputs = state.byId.get(nodeId)?.spec.inputs ?? {}
        const options = { all, option: location.option, runId: row.runId, nowMillis: now }
        if (output.json) yield* output.printJson(document({ node: view, inputs: inputs as Inputs }))
        else yield* output.print(NodeText.format(view, inputs, output, options))
        return ExitCode.ok
      })
    )
  )
).pipe(Command.withDescription("Explain a run or one of its nodes"))

// -- internal -------------------------------------------------------------------------------------------------------

/** Whether there is any run below. */
const hasChildren = (state: RunState.RunState): boolean => Descendants.kinOf(state) !== undefined

type Inputs = Readonly<Record<string, Schema.Json>>

const document = (fields: Omit<typeof ShowDocument.Type, "schema">): typeof ShowDocument.Type => ({
  schema: "dagflow.show/1",
  ...fields
})

const tooLate = (runId: string, at: number, last: number): CliFailure =>
  new CliFailure({
    exit: ExitCode.invalid,
    code: "InvalidInput",
    message: `run "${runId}" has no event ${at}: its last one is ${last}`
  })

const unknown = (nodeId: string, runId: string, known: ReadonlyArray<string>): CliFailure => {
  const near = Suggestion.nearest(nodeId, Suggestion.vocabulary(known))
  return new CliFailure({
    exit: ExitCode.notFound,
    code: "UnknownNode",
    message: `run "${runId}" has no node "${nodeId}"`,
    next: near === undefined ? [] : [`did you mean "${near}"?`]
  })
}
