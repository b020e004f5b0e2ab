/** `dagflow run`: starts a flow, or goes on with a run of it, and follows it to its end. */
import { type Flow, Plan } from "@dagflow/core"
import { type Budget, type FlowConfig, FlowGraph, type FlowSpec, Strategy } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as BudgetFlag from "../config/BudgetFlag.ts"
import * as OpenedStore from "../config/OpenedStore.ts"
import * as Project from "../config/Project.ts"
import * as RunInput from "../config/RunInput.ts"
import * as StoreLocation from "../config/StoreLocation.ts"
import type { PlanDocument } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { count } from "../output/Phrase.ts"
import { problemLines, tally } from "../output/problemLines.ts"
import * as EngineLayer from "../run/EngineLayer.ts"
import * as NextCommand from "../run/NextCommand.ts"
import * as Trace from "../run/Trace.ts"
import { withLearning } from "../run/withLearning.ts"
import * as FlowFlags from "./FlowFlags.ts"
import { type Hand, perform } from "./perform.ts"

const flags = {
  flow: FlowFlags.flow,
  input: Flag.String("input").pipe(
    Flag.withAlias("i"),
    Flag.atLeast(0),
    Flag.withMetavar("<name=value>"),
    Flag.withDescription("An input of the run, as JSON or as text; may be repeated")
  ),
  inputFile: Flag.String("input-file").pipe(
    Flag.optional,
    Flag.withMetavar("<file>"),
    Flag.withDescription("Inputs as a JSON object, from a file or from - (standard input)")
  ),
  id: Flag.String("id").pipe(
    Flag.optional,
    Flag.withDescription("Id of the run; a run of this id that exists is continued")
  ),
  continues: Flag.String("continues").pipe(
    Flag.optional,
    Flag.withMetavar("<run>"),
    Flag.withDescription("Go on with the channels of a run that has ended")
  ),
  concurrency: FlowFlags.positive("concurrency", 10_000, "Attempts in flight at once (default 16)").pipe(
    Flag.optional
  ),
  budget: BudgetFlag.flag("Set a limit of what the run may use up"),
  strategy: Flag.Literals("strategy", Strategy.Strategy.literals).pipe(
    Flag.optional,
    Flag.withDescription("When nodes that may start do (default: what the flow says, or reactive)")
  ),
  timeout: FlowFlags.timeout,
  grace: FlowFlags.grace,
  live: FlowFlags.live,
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDefault(false),
    Flag.withoutNegation,
    Flag.withDescription("Check flow and inputs, show the plan, run nothing")
  ),
  allowShell: FlowFlags.allowShell
}

/** `dagflow run`. */
export const run = Command.make(
  "run",
  flags,
  perform((given: Given, hand) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { globals, output } = hand
        const settings = settingsOf(given, yield* BudgetFlag.read(given.budget))
        const input = yield* RunInput.read(given.input, Option.getOrUndefined(given.inputFile))
        const project = yield* Project.load(given.flow, {
          config: globals.config,
          allowShell: given.allowShell,
          needsVariables: !given.dryRun,
          settings
        })
        const definition = yield* Effect.tapError(Project.valid(project), () => hint(project, hand))
        output.redactor.learnFlow(Project.specOf(definition))
        for (const value of Object.values(input)) if (typeof value === "string") output.redactor.learn(value)
        if (given.dryRun) return yield* dryRun(project, definition, input, settings, hand)
        yield* warn(project, hand)
        const location = yield* StoreLocation.resolve(globals.store, project.config)
        const { driver } = yield* OpenedStore.open(location, "make")
        const id = Option.getOrUndefined(given.id)
        const known = id === undefined ? undefined : yield* driver.get(id)
        const engine = EngineLayer.make({
          config: withLearning(project.config, output.redactor),
          driver,
          allowShell: given.allowShell,
          grace: given.grace
        })
        const continues = Option.getOrUndefined(given.continues)
        const start = {
          input,
          config: settings,
          ...Trace.incoming(),
          ...(id !== undefined && { id }),
          ...(continues !== undefined && { continues })
        }
        const { perRun } = yield* Effect.promise(() => import("../run/perRun.ts"))
        return yield* perRun({
          output,
          globals,
          engine,
          driver,
          location,
          // Both kinds of definitions start in the same way; only their types are told apart.
          begin: (dagflow) => dagflow.start(definition as FlowSpec.FlowSpec, start),
          known,
          timeoutMillis: Option.getOrUndefined(given.timeout),
          live: given.live,
          sources: project.sources,
          next: (runId) =>
            NextCommand.make({
              runId,
              location,
              config: project.config,
              allowShell: given.allowShell,
              module: project.isModule ? given.flow : undefined
            })
        })
      })
    )
  )
).pipe(
  Command.withDescription("Run a flow and follow it to its end"),
  Command.withExamples([
    { command: "dagflow run flow.yaml --input date=2026-11-20", description: "Run a flow of YAML" },
    {
      command: "dagflow run nightly.ts#nightly --store sqlite:runs.db",
      description: "Run a flow of TypeScript"
    }
  ])
)

// -- internal -------------------------------------------------------------------------------------------------------

interface Given {
  readonly flow: string
  readonly input: ReadonlyArray<string>
  readonly inputFile: Option.Option<string>
  readonly id: Option.Option<string>
  readonly continues: Option.Option<string>
  readonly concurrency: Option.Option<number>
  readonly budget: ReadonlyArray<string>
  readonly strategy: Option.Option<Strategy.Strategy>
  readonly timeout: Option.Option<number>
  readonly grace: number
  readonly live: boolean
  readonly dryRun: boolean
  readonly allowShell: boolean
}

const settingsOf = (
  { concurrency, strategy }: Given,
  budget: Budget.Budget | undefined
): FlowConfig.FlowConfig => ({
  ...(Option.isSome(concurrency) && { maxParallel: concurrency.value }),
  ...(Option.isSome(strategy) && { strategy: strategy.value }),
  ...(budget !== undefined && { budget })
})

const hint = (project: Project.Project, { output }: Hand): Effect.Effect<void> => {
  const text = Project.hint(project)
  return text === undefined || output.json ? Effect.void : output.note(output.styleErr("faint", text))
}

const warn = (project: Project.Project, { output }: Hand): Effect.Effect<void> => {
  const { problems } = project
  if (problems.length === 0 || output.quiet || output.json) return Effect.void
  return output.note(problemLines(problems, output.styleErr, output.glyphs).join("\n"))
}

/** Says what a run would do. */
const dryRun = (
  project: Project.Project,
  definition: Flow.Any | FlowSpec.FlowSpec,
  input: RunInput.RunInput,
  settings: FlowConfig.FlowConfig,
  { output }: Hand
) =>
  Effect.gen(function* () {
    const planned = yield* Effect.fromResult(
      Plan.make(definition, {
        runId: "dry-run",
        actions: project.registry,
        config: settings,
        input
      })
    )
    const graph = FlowGraph.make(planned.flow)
    const levels = FlowGraph.levels(graph).map((level) => level.map((index) => graph.ids[index] ?? ""))
    const document: typeof PlanDocument.Type = {
      schema: "dagflow.plan/1",
      flow: planned.flow.name,
      hash: planned.hash,
      nodes: planned.flow.nodes.map((node) => node.id),
      levels,
      inputs: planned.inputs
    }
    if (output.json) yield* output.printJson(document)
    else {
      const found = tally(project.problems)
      const lines = [
        `${planned.flow.name}: ${count(planned.flow.nodes.length, "node")} in ${count(levels.length, "level")}, at most ${planned.config.maxParallel} at once`,
        ...levels.map((ids, index) => `  ${index + 1}  ${ids.join(", ")}`),
        `nothing was run${found === "" ? "" : `; ${found}`}`
      ]
      yield* output.print(lines.join("\n"))
    }
    return ExitCode.ok
  })
