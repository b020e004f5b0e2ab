/**
 * A person looks at a run that grows, every so many rounds. What the round has added waits meanwhile: its nodes are paused as
 * branches, and a node of its own asks. All of it is in the log, so that any process can go on with it. See ADR-0041.
 */
import { type AnswerSchema, type Command, Dependency, type Event, type RunReport } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Action from "../action/Action.ts"
import * as NodeOutput from "../action/NodeOutput.ts"
import type { Hook, HookContext } from "./Hook.ts"

/** The answer to a review that has no schema of its own. */
export const Approval = Schema.Struct({
  approved: Schema.Boolean,
  note: Schema.optionalKey(Schema.String)
})

/** A round of growth that a person looks at. */
export interface ReviewedRound {
  readonly runId: string
  /** Name of the flow. */
  readonly flow: string
  /** Its number, counted from 1. */
  readonly round: number
  /** All that the round has added. */
  readonly nodeIds: ReadonlyArray<string>
}

/** What a review asks, when it is over without an answer, and what its answer means. */
export type HumanReviewOptions<A extends object = typeof Approval.Type> = {
  /** Rounds from one review to the next, 1 or more: with 5, rounds 5, 10, 15 … are reviewed. */
  readonly every: number
  /** Name of the hook, of its action and, with `_<round>`, of its nodes; default `human-review`. */
  readonly name?: string
  /** What people are asked; default: whether the round may go on, with the nodes that it has added. */
  readonly prompt?: string | ((round: ReviewedRound) => string)
  /** What the answer has to look like: a schema, or a JSON Schema document. Default: `{ approved, note? }`. */
  readonly schema?: Schema.Codec<A, any> | AnswerSchema.AnswerSchema // oxlint-disable-line typescript/no-explicit-any -- what is answered is JSON of any form.
  /** Whether the round goes on, told by the answer as JSON; default: unless it has `approved: false`. */
  readonly accepts?: (answer: Event.Outputs) => boolean
  /** Commands that carry an answer into the run, by which the round goes on: `SetNodeInputs` for nodes that wait, for instance. */
  readonly onAccept?: (answer: Event.Outputs, round: ReviewedRound) => ReadonlyArray<Command.Command>
  /** What a no does: nothing of the round runs (`cancel_round`, the default), or the whole run is cancelled (`cancel_run`). */
  readonly onReject?: "cancel_round" | "cancel_run"
} & (
  | { readonly timeout?: never; readonly until?: never; readonly onTimeout?: never; readonly default?: never }
  | (NodeOutput.WaitTime & {
      /** What happens once the time has passed: the run fails (`fail`, the default), or is paused until somebody answers. */
      readonly onTimeout?: "pause" | "fail"
      readonly default?: never
    })
  | (NodeOutput.WaitTime & { readonly onTimeout: "autopilot"; readonly default: NoInfer<A> })
)

/**
 * Makes a gate hook that asks a person about every so manieth round of growth, before anything of that round starts. A round is
 * what `maxIterations` counts: what one answer of a hook adds, one command of somebody else, the visits of one turn of a loop.
 * Reviews themselves are no rounds, neither for this nor for `maxIterations`; their nodes count for `nodesMax`, as all nodes do.
 *
 * The question is a node `human-review_5` that waits like any other, so it is listed, answered and parked like any other;
 * `dagflow approve` and `run.answer` answer it. Work that the round has not added goes on meanwhile. A process that dies asks
 * nothing twice, and any other one whose engine has the same hook goes on.
 *
 * **Failures**
 * A `RangeError` when `every` is no whole number from 1 on. A prompt that throws gives way to the default one. When the review
 * cannot be added, because `nodesMax` is reached, the log says so and the round stays paused until its
 * branches are resumed or cancelled.
 *
 * **Example**
 * ```ts
 * const review = Hook.humanReview({
 *   every: 5,
 *   prompt: ({ nodeIds, round }) => `Round ${round} wants to run ${nodeIds.join(", ")}. Go on?`,
 *   timeout: "2 hours",
 *   onTimeout: "autopilot",
 *   default: { approved: true }
 * })
 * ```
 */
export const humanReview = <A extends object = typeof Approval.Type>(
  options: HumanReviewOptions<A>
): Hook => {
  const { every, name = "human-review" } = options
  if (!Number.isSafeInteger(every) || every < 1) {
    throw new RangeError(`every is ${every}: a review comes every 1, 2, 3 … rounds`)
  }
  return {
    name,
    on: ["NodesAdded", "NodeCompleted", "NodeSkipped", "NodeCancelled"],
    actions: [askingAction(name, options as HumanReviewOptions<object>)],
    handle: ({ cause, event, sequence }, about) => {
      if (event._tag === "NodesAdded") {
        // What this hook has added itself is no round to look at.
        if (cause?.hook === name) return undefined
        return Effect.map(about.report, (report) =>
          hold(options as Review, { name, sequence, about, report }, event)
        )
      }
      if (!("nodeId" in event) || event.nodeId === undefined) return undefined
      const round = reviewedBy(name, event.nodeId)
      if (round === undefined) return undefined
      return Effect.map(about.report, (report) => {
        const review = findReview(report, name, round)
        const asked = { name, sequence, about, report }
        return review === undefined || review.nodeId !== event.nodeId
          ? []
          : release(options as Review, asked, review)
      })
    }
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

type Review = HumanReviewOptions<object>

type Round = Pick<ReviewedRound, "round" | "nodeIds">

/** A question to the hook, with the run as it stands. */
interface Asked {
  readonly name: string
  readonly sequence: number
  readonly about: HookContext
  readonly report: RunReport.RunReport
}

const askingAction = (name: string, options: Review): Action.Any<never> => {
  const { default: outputs, onTimeout, schema = Approval, timeout, until } = options
  const time = { ...(timeout !== undefined && { timeout }), ...(until !== undefined && { until }) }
  const end = {
    ...time,
    ...(onTimeout !== undefined && { onTimeout }),
    ...(outputs !== undefined && { default: outputs })
  }
  return Action.make(name, {
    version: "1",
    description: "Asks a person whether what a run has grown by may run.",
    input: Schema.Struct({ prompt: Schema.String }),
    output: Schema.Record(Schema.String, Schema.Json),
    estimate: { tokens: 0, cost: 0, time: 0 },
    run: ({ prompt }) => NodeOutput.wait({ prompt, schema, ...end } as NodeOutput.WaitOptions<Event.Outputs>)
  }) as Action.Any<never>
}

/** The number of the round that a node reviews, told by its id, or `undefined` when it is no review. */
const reviewedBy = (name: string, nodeId: string): number | undefined => {
  if (!nodeId.startsWith(`${name}_`)) return undefined
  const [round = "", ...rest] = nodeId.slice(name.length + 1).split("_")
  return /^[1-9]\d*$/.test(round) && rest.length <= 1 ? Number(round) : undefined
}

/** The rounds in which the run has grown, each with the numbers of its events, reviews left out. */
const roundsOf = ({ growth }: RunReport.RunReport, name: string): ReadonlyArray<ReadonlyArray<number>> => {
  const rounds = new Map<number, Array<number>>()
  for (const { hook, isLoop, nodeId, round = 0, sequence } of growth) {
    // Items of a list are no growth.
    const isList = hook === undefined && isLoop !== true && nodeId !== undefined
    if (hook === name || isList) continue
    const known = rounds.get(round)
    if (known === undefined) rounds.set(round, [sequence])
    else known.push(sequence)
  }
  return [...rounds.values()]
}

/** The node that reviews a round. */
const findReview = ({ nodes }: RunReport.RunReport, name: string, round: number) =>
  nodes.find(
    (node) => node.action === name && node.grownBy?.hook === name && reviewedBy(name, node.nodeId) === round
  )

/** All that a round has added. */
const addedIn = ({ nodes }: RunReport.RunReport, sequences: ReadonlyArray<number> = []) =>
  nodes.flatMap(({ grownBy, nodeId }) => (grownBy && sequences.includes(grownBy.sequence) ? [nodeId] : []))

/** What an event has added that waits for nothing else of it: while that is paused, nothing of it starts. */
const rootsOf = (event: Event.EventOf<"NodesAdded">): ReadonlyArray<string> => {
  const ids = new Set(event.nodes.map(({ id }) => id))
  const roots = event.nodes.filter(
    ({ dependencies = [] }) => !dependencies.some((one) => ids.has(Dependency.nodeOf(one)))
  )
  return [...roots.map(({ id }) => id), ...(event.visits ?? []).map(({ id }) => id)]
}

const promptOf = (options: Review, { about }: Asked, round: Round): string => {
  const { runId, flow } = about
  const names = round.nodeIds.slice(0, 20).map((id) => `"${id}"`)
  const more = round.nodeIds.length > 20 ? ` and ${round.nodeIds.length - 20} more` : ""
  const plain = `Round ${round.round} adds ${names.join(", ")}${more}. May it go on?`
  if (options.prompt === undefined || typeof options.prompt === "string") return options.prompt ?? plain
  const { prompt } = options
  const made = Result.try({ try: () => prompt({ runId, flow, ...round }), catch: String })
  if (Result.isSuccess(made)) return made.success
  about.log(`the prompt of a review could not be made: ${made.failure}`)
  return plain
}

const freeId = ({ report }: Asked, id: string): string => {
  const taken = new Set(report.nodes.map((node) => node.nodeId))
  let free = id
  for (let number = 2; taken.has(free); number++) free = `${id}_${number}`
  return free
}

const onBranches = (
  _tag: "PauseBranch" | "ResumeBranch" | "CancelBranch",
  branches: ReadonlyArray<string>,
  reason: string
): ReadonlyArray<Command.Command> => branches.map((branch) => ({ _tag, branch, reason }))

/** Why a branch is paused that waits for a review; told by it, the review knows the branch again. */
const reasonOf = (review: string): string => `waits for "${review}"`

/** Pauses what an event has added, if its round is one to be reviewed, and asks about the round. */
const hold = (
  options: Review,
  asked: Asked,
  event: Event.EventOf<"NodesAdded">
): ReadonlyArray<Command.Command> => {
  const { name, report, sequence } = asked
  const rounds = roundsOf(report, name)
  const round = rounds.findIndex((sequences) => sequences.includes(sequence)) + 1
  if (round === 0 || round % options.every !== 0) return []
  const roots = rootsOf(event)
  const review = findReview(report, name, round)
  // Somebody may be faster with an answer than this hook with the rest of the round.
  if (review?.endedAtMillis !== undefined) return decided(options, asked, review, roots)
  if (review !== undefined) return onBranches("PauseBranch", roots, reasonOf(review.nodeId))
  const id = freeId(asked, `${name}_${round}`)
  const prompt = promptOf(options, asked, { round, nodeIds: addedIn(report, rounds[round - 1]) })
  const node = {
    id,
    action: name,
    inputs: { prompt: { value: prompt } },
    // It holds a slot for a moment only, and somebody is to hear of it soon. Without an answer nothing may go on.
    priority: 1_000_000,
    onFailure: "halt",
    description: `Review of round ${round}`
  } as const
  return [{ _tag: "AddNode", round: "same", node }, ...onBranches("PauseBranch", roots, reasonOf(id))]
}

type ReviewNode = NonNullable<ReturnType<typeof findReview>>

/** Whether a review that has ended lets its round go on, and why. */
const verdictOf = (options: Review, { about }: Asked, { nodeId, status }: ReviewNode) => {
  const answer = status === "completed" ? about.outputs(nodeId) : undefined
  if (answer === undefined) return { answer, isAccepted: false, reason: `"${nodeId}" is ${status}` }
  const { accepts = (given) => given["approved"] !== false } = options
  if (accepts(answer)) return { answer, isAccepted: true, reason: `"${nodeId}" was answered` }
  const { note } = answer
  const why = typeof note === "string" && note !== "" ? `: ${note}` : ""
  return { answer, isAccepted: false, reason: `"${nodeId}" was answered with a no${why}`.slice(0, 1000) }
}

/** What the end of a review means for branches of its round. */
const decided = (
  options: Review,
  asked: Asked,
  review: ReviewNode,
  branches: ReadonlyArray<string>
): ReadonlyArray<Command.Command> => {
  const { answer, isAccepted, reason } = verdictOf(options, asked, review)
  if (isAccepted) return onBranches("ResumeBranch", branches, reason)
  return options.onReject === "cancel_run" && answer !== undefined
    ? [{ _tag: "CancelRun", reason }]
    : onBranches("CancelBranch", branches, reason)
}

/** Lets a round go on, or not, as its review has ended. */
const release = (options: Review, asked: Asked, review: ReviewNode): ReadonlyArray<Command.Command> => {
  const { about, name, report } = asked
  const held = report.waiting.flatMap(({ reason }) =>
    reason._tag === "BranchPaused" && reason.reason === reasonOf(review.nodeId) ? [reason.branch] : []
  )
  const { answer, isAccepted } = verdictOf(options, asked, review)
  const round = reviewedBy(name, review.nodeId) ?? 0
  const nodeIds = addedIn(report, roundsOf(report, name)[round - 1])
  const { flow, runId } = about
  const first =
    isAccepted && answer !== undefined ? options.onAccept?.(answer, { runId, flow, round, nodeIds }) : []
  return [...(first ?? []), ...decided(options, asked, review, held)]
}
