/** Finds what a run asks people, in the run itself or in one below it, where its nodes go on as child runs. */
import { DagFlow, type RunHandle } from "@dagflow/core"
import type { RunError, WaitReason, WaitView } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { CliFailure } from "../output/CliFailure.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { oneLine } from "../output/Phrase.ts"
import { approveCommand } from "../run/NextCommand.ts"
import * as WaitText from "../run/WaitText.ts"
import { isAsked } from "../run/askedBy.ts"

/** A question, and the run that asks it. */
export interface Found {
  readonly runId: string
  /** The last event of that run. */
  readonly sequence: number
  readonly asked: WaitView.OpenWait
}

/**
 * The question that is meant: that of the node, or the only one. A node that goes on as a child run stands for what is asked
 * there.
 */
export const find = (
  runId: string,
  nodeId: string | undefined,
  option: string
): Effect.Effect<Found, CliFailure | RunError, DagFlow> =>
  Effect.gen(function* () {
    const run = yield* (yield* DagFlow).attach(runId)
    const report = yield* run.report
    const own = (yield* run.waits).filter(isAsked)
    const asked = nodeId === undefined ? undefined : own.find((one) => one.nodeId === nodeId)
    if (asked !== undefined) return { runId, sequence: report.sequence, asked }
    const below = report.waiting.filter(
      ({ reason }) => reason._tag === "ChildWaits" && (nodeId === undefined || isMeant(reason, nodeId))
    )
    const meant = [
      ...(nodeId === undefined ? own.map((one) => ({ runId, nodeId: one.nodeId })) : []),
      ...WaitText.questions(runId, below)
    ]
    const [only] = meant
    if (only === undefined) return yield* nothing(run, nodeId, own)
    if (meant.length > 1) return yield* several(runId, meant, option)
    return yield* questionAt(only)
  })

// -- internal -------------------------------------------------------------------------------------------------------

/** Whether a name means a question below: by the node here, by the node that asks, or by the path from one to the other. */
const isMeant = ({ nodeId, reason }: WaitReason.ChildWaits, name: string): boolean => {
  if (name === nodeId) return true
  if (!("nodeId" in reason) || reason.nodeId === undefined) return false
  return name === reason.nodeId || (name.startsWith(`${nodeId}/`) && name.endsWith(`/${reason.nodeId}`))
}

/** Questions that are listed one by one. */
const listedMax = 20

const questionAt = ({
  nodeId,
  runId
}: WaitText.Question): Effect.Effect<Found, CliFailure | RunError, DagFlow> =>
  Effect.gen(function* () {
    const run = yield* (yield* DagFlow).attach(runId)
    const asked = (yield* run.waits).find((one) => one.nodeId === nodeId)
    if (asked === undefined) return yield* nothing(run, nodeId, [])
    return { runId, sequence: (yield* run.report).sequence, asked }
  })

const several = (
  runId: string,
  meant: ReadonlyArray<WaitText.Question>,
  option: string
): Effect.Effect<never, CliFailure> =>
  Effect.fail(
    new CliFailure({
      exit: ExitCode.usage,
      code: "AmbiguousNode",
      message: `${runId} asks more than one thing: name the node`,
      next: meant.slice(0, listedMax).map((one) => approveCommand(one, option))
    })
  )

const nothing = (
  run: RunHandle.RunHandle,
  nodeId: string | undefined,
  open: ReadonlyArray<WaitView.OpenWait>
): Effect.Effect<never, CliFailure | RunError> =>
  Effect.gen(function* () {
    const { runId } = run
    if (nodeId === undefined) {
      return yield* new CliFailure({
        exit: ExitCode.notFound,
        code: "NotWaiting",
        message: `${runId} asks nobody anything`,
        next: []
      })
    }
    const last = (yield* run.node(nodeId))?.attempts.at(-1)?.wait
    if (last?.end !== undefined) {
      return yield* new CliFailure({
        exit: ExitCode.conflict,
        code: "AlreadyAnswered",
        message: `"${nodeId}" of ${runId} ${endedBy(last)}`,
        next: []
      })
    }
    return yield* new CliFailure({
      exit: ExitCode.notFound,
      code: "NotWaiting",
      message: `node "${nodeId}" of ${runId} asks nothing at the moment`,
      next: open.map((one) => `${one.nodeId}${one.prompt === undefined ? "" : `: ${oneLine(one.prompt)}`}`)
    })
  })

/** Who was faster. */
const endedBy = ({ answer, endedAtMillis }: WaitView.WaitView): string => {
  const at = new Date(answer?.atMillis ?? endedAtMillis ?? 0).toISOString()
  if (answer === undefined) return `was ended by its deadline at ${at}`
  return `was answered${answer.by === undefined ? "" : ` by ${oneLine(answer.by)}`} at ${at}`
}
