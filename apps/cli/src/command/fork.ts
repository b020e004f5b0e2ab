/** `dagflow fork`: goes on in a new run from a point of another one, or runs a node of it again. */
import { DagFlow, type DagFlowShape } from "@dagflow/core"
import { RunError, type RunRow, RunStatus, StoreDriver } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as BudgetFlag from "../config/BudgetFlag.ts"
import * as ConfigFile from "../config/ConfigFile.ts"
import * as OpenedStore from "../config/OpenedStore.ts"
import * as RunInput from "../config/RunInput.ts"
import * as StoreLocation from "../config/StoreLocation.ts"
import { CliFailure } from "../output/CliFailure.ts"
import type { ForkDocument } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { count, oneLine, shellWord } from "../output/Phrase.ts"
import { commandName } from "../output/commandName.ts"
import * as EngineLayer from "../run/EngineLayer.ts"
import * as NextCommand from "../run/NextCommand.ts"
import * as RunSelector from "../run/RunSelector.ts"
import * as SourceMap from "../run/SourceMap.ts"
import * as StoredRun from "../run/StoredRun.ts"
import { withLearning } from "../run/withLearning.ts"
import * as FlowFlags from "./FlowFlags.ts"
import { perform } from "./perform.ts"
import { withActionsOf } from "./resume.ts"

const flags = {
  run: FlowFlags.run,
  at: FlowFlags.positive(
    "at",
    Number.MAX_SAFE_INTEGER,
    "Number of the last event that counts (default: the last one)"
  ).pipe(Flag.optional),
  from: Flag.String("from").pipe(
    Flag.optional,
    Flag.withMetavar("<node>"),
    Flag.withDescription("Run this node again, with all that depends on it; everything else keeps its end")
  ),
  output: Flag.String("output").pipe(
    Flag.atLeast(0),
    Flag.withMetavar("<name=value>"),
    Flag.withDescription(
      "With --from: this output in place of the node's own, which then does not run; may be repeated"
    )
  ),
  id: Flag.String("id").pipe(
    Flag.optional,
    Flag.withDescription("Id of the new run (default: a random one)")
  ),
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDefault(false),
    Flag.withoutNegation,
    Flag.withDescription("Name the nodes that would run, and run nothing")
  ),
  allowChanged: Flag.String("allow-changed").pipe(
    Flag.atLeast(0),
    Flag.withMetavar("<action>"),
    Flag.withDescription("Go on although this action has another version or is missing; may be repeated")
  ),
  flow: Flag.String("flow").pipe(
    Flag.optional,
    Flag.withMetavar("<module>"),
    Flag.withDescription("Module of the flow, whose actions are used")
  ),
  budget: BudgetFlag.flag("Set this limit anew in the new run"),
  timeout: FlowFlags.timeout,
  grace: FlowFlags.grace,
  live: FlowFlags.live,
  allowShell: FlowFlags.allowShell
}

/** `dagflow fork`. */
export const fork = Command.make(
  "fork",
  flags,
  perform((given, { globals, output }) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { allowShell, flow, grace, run, timeout } = given
        const request = yield* requestOf(given)
        const module = Option.getOrUndefined(flow)
        const loaded = yield* ConfigFile.load(globals.config, process.cwd())
        const config = module === undefined ? loaded : yield* withActionsOf(module, loaded)
        const location = yield* StoreLocation.resolve(globals.store, config)
        const { driver } = StoreLocation.exists(location)
          ? yield* OpenedStore.open(location)
          : yield* OpenedStore.openForReading(globals)
        const row = yield* Effect.provideService(RunSelector.find(run, location.option), StoreDriver, driver)
        yield* StoredRun.loadFrom(driver, row.runId, ({ event }) => output.redactor.learnFrom(event))
        const engine = EngineLayer.make({
          config: withLearning(config, output.redactor),
          driver,
          allowShell,
          grace
        })
        const plan = yield* Effect.provide(Effect.flatMap(DagFlow, preview(row.runId, request)), engine)
        if (given.dryRun) {
          const document: typeof ForkDocument.Type = { schema: "dagflow.fork/1", runId: row.runId, ...plan }
          if (output.json) yield* output.printJson(document)
          else yield* output.print(sentences(row.runId, document).join("\n"))
          return plan.refused === undefined ? ExitCode.ok : ExitCode.invalid
        }
        const isPlaced = request.from !== undefined || request.options.at !== undefined
        if (!isPlaced && RunStatus.isEnded(row.status)) return yield* nothingToRun(row.runId, location.option)
        if (!output.json && !output.quiet) yield* output.note(sentences(row.runId, plan).join("\n"))
        const known: RunRow = { ...row, status: "running", sequence: plan.eventCount }
        // Whoever only looks ahead does not wait for what follows runs to load.
        const { perRun } = yield* Effect.promise(() => import("../run/perRun.ts"))
        return yield* perRun({
          output,
          globals,
          driver,
          location,
          engine,
          begin: begin(row.runId, request),
          known,
          timeoutMillis: Option.getOrUndefined(timeout),
          live: given.live,
          sources: SourceMap.empty,
          next: (runId) => NextCommand.make({ runId, location, config, allowShell, module })
        })
      })
    )
  )
).pipe(
  Command.withDescription("Go on in a new run from a point of another one; that one stays as it is"),
  Command.withExamples([
    { command: "dagflow fork nightly-1 --from load --dry-run", description: "See what would run again" },
    {
      command: "dagflow fork nightly-1 --from load --output rows=[]",
      description: "Go on as if load had given []"
    },
    { command: "dagflow fork nightly-1 --at 412", description: "Go on where it stood after event 412" }
  ])
)

// -- internal -------------------------------------------------------------------------------------------------------

interface Request {
  readonly from: string | undefined
  readonly options: DagFlowShape.RerunOptions
}

const requestOf = (given: {
  readonly at: Option.Option<number>
  readonly from: Option.Option<string>
  readonly id: Option.Option<string>
  readonly output: ReadonlyArray<string>
  readonly allowChanged: ReadonlyArray<string>
  readonly budget: ReadonlyArray<string>
}) =>
  Effect.gen(function* () {
    const from = Option.getOrUndefined(given.from)
    if (from === undefined && given.output.length > 0) {
      return yield* new CliFailure({
        exit: ExitCode.usage,
        code: "InvalidFlag",
        message: "--output is of the node that --from names: add --from"
      })
    }
    const budget = yield* BudgetFlag.read(given.budget)
    const outputs = yield* RunInput.read(given.output, undefined, "--output")
    return {
      from,
      options: {
        allowChanged: given.allowChanged,
        ...(budget !== undefined && { budget }),
        ...(Option.isSome(given.at) && { at: given.at.value }),
        ...(Option.isSome(given.id) && { id: given.id.value }),
        ...(given.output.length > 0 && { outputs })
      }
    }
  })

/** A run that has ended is forked from some earlier place: whoever names none has forgotten to. */
const nothingToRun = (runId: string, option: string): CliFailure => {
  const command = `${commandName()} fork ${shellWord(runId)}`
  return new CliFailure({
    exit: ExitCode.usage,
    code: "NothingToRun",
    message: `${oneLine(runId)} has ended, so a fork of its end has nothing to run: say from where it goes on`,
    next: [`${command} --from <node>${option}`, `${command} --at <event>${option}`]
  })
}

const preview =
  (runId: string, { from, options }: Request) =>
  (dagflow: DagFlow["Service"]) =>
    from === undefined ? dagflow.previewFork(runId, options) : dagflow.previewRerun(runId, from, options)

const begin =
  (runId: string, { from, options }: Request) =>
  (dagflow: DagFlow["Service"]) =>
    from === undefined ? dagflow.fork(runId, options) : dagflow.rerunFrom(runId, from, options)

/** Nodes that are named. */
const namedMax = 10

const named = (nodeIds: ReadonlyArray<string>): string => {
  const more = nodeIds.length > namedMax ? ` and ${nodeIds.length - namedMax} more` : ""
  return `${oneLine(nodeIds.slice(0, namedMax).join(", "))}${more}`
}

const sentences = (
  runId: string,
  plan: Omit<typeof ForkDocument.Type, "schema" | "runId">
): ReadonlyArray<string> => [
  `fork of ${oneLine(runId)} after event ${plan.at}: ${count(plan.kept.length, "node")} kept, ${count(plan.runs.length, "node")} to run`,
  ...(plan.runs.length === 0 ? [] : [`  runs   ${named(plan.runs)}`]),
  ...(plan.grows.length === 0 ? [] : [`  of these, if hooks answer as they did: ${named(plan.grows)}`]),
  ...(plan.skips.length === 0 ? [] : [`  skips  ${named(plan.skips)}`]),
  ...(plan.refused === undefined
    ? []
    : [
        `  refused: ${oneLine(new RunError({ runId, reason: plan.refused }).message)}; allow an action with --allow-changed`
      ])
]
