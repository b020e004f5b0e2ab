/** `dagflow graph`: the picture of a flow or of a run, as text. */
import { existsSync } from "node:fs"
import {
  Expression,
  type FlowSpec,
  GraphFocus,
  GraphInside,
  NodeExpressions,
  RunGraph,
  type RunState,
  Suggestion
} from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Project from "../config/Project.ts"
import { CliFailure } from "../output/CliFailure.ts"
import type { GraphDocument } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import type { OutputShape } from "../output/Output.ts"
import * as StoredRun from "../run/StoredRun.ts"
import * as FlowFlags from "./FlowFlags.ts"
import { perform } from "./perform.ts"
import type { Globals } from "./Globals.ts"

const flags = {
  subject: Argument.String("flow|run").pipe(
    Argument.withDescription("flow.yaml, module.ts#export, -, or a run: its id, a beginning of it, @last")
  ),
  format: Flag.Literals("format", ["outline", "mermaid", "dot", "svg", "json"]).pipe(
    Flag.withAlias("f"),
    Flag.withDefault("outline"),
    Flag.withDescription("How the graph is written (default outline)")
  ),
  at: Flag.Int("at").pipe(
    Flag.optional,
    Flag.withMetavar("<event>"),
    Flag.withDescription("A run as it was after the event of this number")
  ),
  fold: Flag.Literals("fold", ["auto", "always", "none"]).pipe(
    Flag.withDefault("auto"),
    Flag.withDescription("Whether alike nodes are shown as one; auto: in pictures of large graphs")
  ),
  expand: Flag.Boolean("expand").pipe(
    Flag.withDefault(false),
    Flag.withoutNegation,
    Flag.withDescription("Draw the flows that nodes run inside of them, at every level")
  ),
  around: Flag.String("around").pipe(
    Flag.optional,
    Flag.withMetavar("<node>"),
    Flag.withDescription("Only this node and what lies near it")
  ),
  hops: FlowFlags.positive("hops", 1000, "With --around: how many edges far (default 2)").pipe(
    Flag.withDefault(2)
  )
}

/** `dagflow graph`. */
export const graph = Command.make(
  "graph",
  flags,
  perform(({ around, at, expand, fold, format, hops, subject }, { globals, output }) =>
    Effect.gen(function* () {
      const whole = isFlow(subject)
        ? yield* ofFlow(subject, globals, expand)
        : yield* ofRun(subject, globals, { at: Option.getOrUndefined(at), expand, output })
      const near = yield* focus(whole, Option.getOrUndefined(around), hops)
      // Whoever draws nothing does not wait for the pictures to load.
      const GraphText = yield* Effect.promise(() => import("../run/GraphText.ts"))
      const isData = format === "json"
      const shown = GraphText.fold(near, isData && fold === "auto" ? "none" : fold)
      const text = isData ? undefined : GraphText.render(shown, format)
      if (output.json || text === undefined) {
        const document: typeof GraphDocument.Type = {
          schema: "dagflow.graph/1",
          format,
          ...(text === undefined ? { graph: shown } : { text })
        }
        yield* output.printJson(document)
      } else yield* output.print(text.trimEnd())
      return ExitCode.ok
    })
  )
).pipe(Command.withDescription("Show the graph of a flow or of a run as text, Mermaid, DOT, SVG or JSON"))

// -- internal -------------------------------------------------------------------------------------------------------

const isFlow = (subject: string): boolean =>
  subject === "-" ||
  existsSync(subject) ||
  existsSync(subject.replace(/#[^#]*$/, "")) ||
  /\.(ya?ml|[cm]?[jt]s)(#.*)?$/.test(subject)

const ofFlow = (subject: string, globals: Globals, expand: boolean) =>
  Project.load(subject, { config: globals.config, shapeOnly: true }).pipe(
    Effect.flatMap(Project.valid),
    Effect.map(Project.specOf),
    Effect.tap(readExpressions),
    Effect.map(expand ? GraphInside.ofFlow : RunGraph.ofFlow)
  )

/** What is drawn of a run. */
interface RunPicture {
  readonly at: number | undefined
  readonly expand: boolean
  readonly output: OutputShape
}

const ofRun = (subject: string, globals: Globals, { at, expand, output }: RunPicture) =>
  StoredRun.use(subject, globals, ({ row }) =>
    Effect.gen(function* () {
      const state = yield* StoredRun.load(row.runId, at)
      if (state.flow !== undefined) yield* readExpressions(state.flow)
      if (!expand) return RunGraph.ofRun(state)
      const { isCut, runs } = yield* childrenOf(state)
      if (isCut)
        yield* output.note(`Only the first ${expandedMax} child runs are drawn inside of their nodes.`)
      return GraphInside.ofRun(state, runs)
    })
  )

/** Most child runs that one picture holds. */
const expandedMax = 50

/** The runs below a run as they are now, those of its last attempts, level by level. */
const childrenOf = (state: RunState.RunState) =>
  Effect.gen(function* () {
    const runs = new Map<string, RunState.RunState>()
    let level = childIds(state)
    while (level.length > 0 && runs.size < expandedMax) {
      const found: Array<RunState.RunState> = []
      for (const runId of level.slice(0, expandedMax - runs.size)) {
        const child = yield* StoredRun.loadIfThere(runId)
        if (child === undefined) continue
        runs.set(runId, child)
        found.push(child)
      }
      level = [...level.slice(found.length), ...found.flatMap(childIds)].filter((id) => !runs.has(id))
      if (found.length === 0) break
    }
    return { runs, isCut: level.length > 0 && runs.size >= expandedMax }
  })

const childIds = (state: RunState.RunState): ReadonlyArray<string> =>
  state.nodes.flatMap(({ attempts }) => attempts.at(-1)?.childRunId ?? [])

/** What expressions read makes edges, and is known once there is something that reads them. */
const readExpressions = ({ nodes }: FlowSpec.FlowSpec): Effect.Effect<void> =>
  NodeExpressions.areIn(nodes) ? Expression.load : Effect.void

const focus = (
  graph: RunGraph.RunGraph,
  nodeId: string | undefined,
  hops: number
): Effect.Effect<RunGraph.RunGraph, CliFailure> => {
  if (nodeId === undefined) return Effect.succeed(graph)
  const near = GraphFocus.around(graph, nodeId, hops)
  if (near !== undefined) return Effect.succeed(near)
  const known = Suggestion.nearest(nodeId, Suggestion.vocabulary(graph.items.map((item) => item.id)))
  return Effect.fail(
    new CliFailure({
      exit: ExitCode.notFound,
      code: "UnknownNode",
      message: `there is no node "${nodeId}" in this graph`,
      next: known === undefined ? [] : [`did you mean "${known}"?`]
    })
  )
}
