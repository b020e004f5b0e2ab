/** `dagflow events`: the log of a run, also while another process writes it. */
import { DagFlow } from "@dagflow/core"
import type { Envelope, Event, RunReport } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type { OutputClosed } from "../output/CliFailure.ts"
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
    Flag.withDescription("Only events about this node; may be repeated")
  )
}

/** `dagflow events`. */
export const events = Command.make(
  "events",
  flags,
  perform(({ follow, from, node, run, type }, { globals, output }) =>
    StoredRun.use(run, globals, ({ row }) =>
      Effect.gen(function* () {
        const isWanted = filter(type, node)
        const dagflow = yield* DagFlow
        const log = dagflow.events(row.runId, { after: Math.max(0, from - 1), follow })
        // A page of the store is one write, so that a log of a million events does not take a million of them.
        yield* Stream.runForEachArray(log, (page) => {
          for (const envelope of page) output.redactor.learnFrom(envelope.event)
          return print(page.filter(isWanted), row.createdAtMillis, output)
        })
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

const resultOf = (report: RunReport.RunReport, exit: ExitCode): typeof ResultLine.Type => ({
  type: "cli.result",
  runId: report.runId,
  state: report.status,
  sequence: report.sequence,
  exit
})

const filter = (types: ReadonlyArray<string>, nodes: ReadonlyArray<string>) => {
  const tags = new Set(types.map((type) => type.toLowerCase()))
  return ({ event }: Envelope.Envelope): boolean =>
    (tags.size === 0 || tags.has(event._tag.toLowerCase())) &&
    (nodes.length === 0 || ("nodeId" in event && nodes.includes(event.nodeId ?? "")))
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
    case "NodesAdded":
      return ` ${event.nodes.length} (${oneLine(
        event.nodes
          .slice(0, 3)
          .map((node) => node.id)
          .join(", ")
      )}${event.nodes.length > 3 ? ", …" : ""})`
    case "CommandRejected":
      return ` ${event.command} ${event.rejection._tag}`
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
