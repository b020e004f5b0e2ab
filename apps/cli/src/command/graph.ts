/** `dagflow graph`: the picture of a flow or of a run, as text. */
import { existsSync } from "node:fs"
import { GraphFocus, RunGraph, Suggestion } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Project from "../config/Project.ts"
import { CliFailure } from "../output/CliFailure.ts"
import type { GraphDocument } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
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
  perform(({ around, at, fold, format, hops, subject }, { globals, output }) =>
    Effect.gen(function* () {
      const whole = isFlow(subject)
        ? yield* ofFlow(subject, globals)
        : yield* ofRun(subject, globals, Option.getOrUndefined(at))
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

const ofFlow = (subject: string, globals: Globals) =>
  Project.load(subject, { config: globals.config, shapeOnly: true }).pipe(
    Effect.flatMap(Project.valid),
    Effect.map((definition) => RunGraph.ofFlow(Project.specOf(definition)))
  )

const ofRun = (subject: string, globals: Globals, at: number | undefined) =>
  StoredRun.use(subject, globals, ({ row }) => Effect.map(StoredRun.load(row.runId, at), RunGraph.ofRun))

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
