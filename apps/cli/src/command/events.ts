/** `dagflow events`: the log of a run, also while another process writes it. */
import { DagFlow } from "@dagflow/core"
import { type Envelope, Event, Rejection, type RunReport, Suggestion } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { CliFailure, type OutputClosed } from "../output/CliFailure.ts"
import type { ResultLine } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import type { OutputShape } from "../output/Output.ts"
import { count, elapsed, oneLine } from "../output/Phrase.ts"
import type { Tone } from "../output/Style.ts"
import { exitOfReport } from "../run/exitOfReason.ts"
import * as StoredRun from "../run/StoredRun.ts"
import * as FlowFlags from "./FlowFlags.ts"
import { perform } from "./perform.ts"

const flags = {
  run: FlowFlags.run,
  follow: Flag.Boolean("follow").pipe(
    Flag.withAlias("f"),
    Flag.withDefault(false),
    Flag.withoutNegation,
    Flag.withDescription("Wait for further events until the run has ended")
  ),
  from: Flag.Int("from").pipe(
    Flag.withDefault(1),
    Flag.withMetavar("<event>"),
    Flag.withDescription("Begin with the event of this number")
  ),
  type: Flag.String("type").pipe(
    Flag.atLeast(0),
    Flag.withMetavar("<tag>"),
    Flag.withDescription("Only events of this tag, for instance NodeFailed; may be repeated")
  ),
  node: Flag.String("node").pipe(
    Flag.atLeast(0),
    Flag.withMetavar("<node>"),
    Flag.withDescription("Only events about this node, steps with it among them; may be repeated")
  ),
  limit: FlowFlags.positive("limit", 1_000_000, "At most so many events").pipe(Flag.optional)
}

/** `dagflow events`. */
export const events = Command.make(
  "events",
  flags,
  perform(({ follow, from, limit, node, run, type }, { globals, output }) =>
    StoredRun.use(run, globals, ({ row }) =>
      Effect.gen(function* () {
        yield* Effect.forEach(type, known)
        const isWanted = filter(type, node)
        const dagflow = yield* DagFlow
        const log = dagflow.events(row.runId, { after: Math.max(0, from - 1), follow }).pipe(
          Stream.map((envelope) => {
            output.redactor.learnFrom(envelope.event)
            return envelope
          }),
          Stream.filter(isWanted),
          Stream.take(Option.getOrElse(limit, () => Infinity))
        )
        // A page of the store is one write, so that a log of a million events does not take a million of them.
        yield* Stream.runForEachArray(log, (page) => print(page, row.createdAtMillis, output))
        if (!follow) return ExitCode.ok
        const report = yield* dagflow.report(row.runId)
        const exit = exitOfReport(report)
        if (output.json) yield* output.printJson(resultOf(report, exit))
        return exit
      })
    )
  )
).pipe(Command.withDescription("Print the log of a run, one event per line"))

// -- internal -------------------------------------------------------------------------------------------------------

/** Whoever misspells what to look for must not take it for nothing. */
const known = (type: string): Effect.Effect<void, CliFailure> => {
  if (Event.tags.some((tag) => tag.toLowerCase() === type.toLowerCase())) return Effect.void
  const near = Suggestion.nearest(type, Suggestion.vocabulary(Event.tags))
  const message = `--type: no event is called "${type}"`
  const next = [near === undefined ? `they are ${Event.tags.join(", ")}` : `did you mean "${near}"?`]
  return Effect.fail(new CliFailure({ exit: ExitCode.usage, code: "InvalidFlag", message, next }))
}

const resultOf = (report: RunReport.RunReport, exit: ExitCode): typeof ResultLine.Type => ({
  type: "cli.result",
  runId: report.runId,
  state: report.status,
  sequence: report.sequence,
  exit,
  ...(report.payload !== undefined && { payload: report.payload })
})

const filter = (types: ReadonlyArray<string>, nodes: ReadonlyArray<string>) => {
  const tags = new Set(types.map((type) => type.toLowerCase()))
  return ({ event }: Envelope.Envelope): boolean =>
    (tags.size === 0 || tags.has(event._tag.toLowerCase())) &&
    (nodes.length === 0 || nodesOf(event).some((id) => nodes.includes(id)))
}

/** The nodes that an event is about. */
const nodesOf = (event: Event.Event): ReadonlyArray<string> => {
  if (event._tag === "StepStarted") return event.frontier
  if (event._tag === "StepCompleted") return [...event.ran, ...event.skipped, ...(event.waiting ?? [])]
  return "nodeId" in event && event.nodeId !== undefined ? [event.nodeId] : []
}

const print = (
  page: ReadonlyArray<Envelope.Envelope>,
  startMillis: number,
  output: OutputShape
): Effect.Effect<void, OutputClosed> => {
  if (page.length === 0) return Effect.void
  if (!output.json) return output.print(page.map((one) => lineOf(one, startMillis, output)).join("\n"))
  return output.printLines(page)
}

const tones: Partial<Record<Event.EventTag, Tone>> = {
  NodeCompleted: "completed",
  RunCompleted: "completed",
  NodeFailed: "failed",
  RunFailed: "failed",
  HookFailed: "failed",
  CommandRejected: "failed",
  NodesAdded: "running",
  NodeExpanded: "running",
  RunPaused: "attention"
}

/** One event for people: its number, when, what, about which node, and what matters of the rest. */
const lineOf = (
  { at, cause, event, sequence }: Envelope.Envelope,
  startMillis: number,
  output: OutputShape
): string => {
  const subject = "nodeId" in event && event.nodeId !== undefined ? ` ${oneLine(event.nodeId)}` : ""
  const by = cause?.hook === undefined ? "" : ` hook=${cause.hook}`
  const name = output.styleOut(tones[event._tag] ?? "strong", event._tag.padEnd(16))
  return `${String(sequence).padStart(5)}  ${elapsed(at - startMillis).padEnd(7)} ${name}${subject}${detailOf(event)}${by}`.trimEnd()
}

/** The first of some nodes, and whether there are more. */
const firstOf = (ids: ReadonlyArray<string>): string =>
  `${oneLine(ids.slice(0, 3).join(", "))}${ids.length > 3 ? ", …" : ""}`

const detailOf = (event: Event.Event): string => {
  switch (event._tag) {
    case "RunStarted":
      return ` ${event.flow.name} nodes=${event.flow.nodes.length}`
    case "RunOwned":
      return ` ${event.owner}`
    case "NodeStarted":
    case "NodeCompleted":
      return event.attempt === 1 ? "" : ` attempt=${event.attempt}`
    case "NodeFailed": {
      const retry = event.retryAtMillis === undefined ? "" : " will be retried"
      return ` attempt=${event.attempt} ${oneLine(`${event.error.tag}: ${event.error.message}`)}${retry}`
    }
    case "NodeSkipped":
    case "NodeCancelled":
      return ` ${event.reason}`
    case "NodeExpanded":
      return ` to ${count(event.count, "item")}`
    case "SubFlowStarted":
      return `${event.attempt === 1 ? "" : ` attempt=${event.attempt}`} as run ${oneLine(event.runId)}`
    case "NodesAdded":
      return ` ${event.nodes.length} (${firstOf(event.nodes.map((node) => node.id))})`
    case "StepStarted":
      return ` ${event.step}: ${firstOf(event.frontier)}`
    case "StepCompleted": {
      const { ran, skipped, step, waiting = [] } = event
      const parts = Object.entries({ ran, skipped, waiting }).filter(([, ids]) => ids.length > 0)
      return ` ${step}${parts.map(([part, ids]) => ` ${part}=${firstOf(ids)}`).join("")}`
    }
    case "CommandRejected":
      return ` ${event.command} ${event.rejection._tag}: ${oneLine(Rejection.describe(event.rejection))}`
    case "HookAnswered": {
      const told = event.commandCount ?? 0
      const commands = told === 0 ? "" : ` with ${count(told, "command")}`
      return ` ${oneLine(event.hook)} to event ${event.sequence}${commands}`
    }
    case "HookFailed":
      return ` ${event.hook} ${event.cause}: ${oneLine(event.message)}`
    case "EventEmitted":
      return ` ${oneLine(event.name)}`
    default:
      return "reason" in event && typeof event.reason === "string" ? ` ${oneLine(event.reason)}` : ""
  }
}
