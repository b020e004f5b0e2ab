/** How steps of random runs begin and end, and what becomes of their only channel, `log`. */
import { type Envelope, type NodeState, NodeStatus, type RunState, StepState } from "../../src/index.ts"
import type { Dice } from "../Dice.ts"
import type { AnyEvent } from "../LogBuilder.ts"

type Node = NodeState.NodeState
type State = RunState.RunState

/** One thing that may happen next: one event, or several that belong together, with what they go back to. */
export interface Move {
  readonly events: () => ReadonlyArray<AnyEvent>
  readonly cause?: Envelope.EventCause
  readonly weight?: number
  readonly epochs?: number
}

/** Whether a node has not ended. */
export const isOpen = (node: Node): boolean => !NodeStatus.isEnded(node.status)

/** What the end of a step tells of the only channel of these runs. */
const versionsAfter = (state: State, step: StepState.StepState) => {
  const held = state.channels.get("log") ?? { value: [], version: 0 }
  const before = Array.isArray(held.value) ? held.value : [held.value]
  const written = StepState.inOrder(step).flatMap(({ written: one }) => one?.updates?.["log"] ?? [])
  const after = state.edits.get("log") ?? [...before, ...written]
  return JSON.stringify(after) === JSON.stringify(held.value)
    ? {}
    : { updated: ["log"], versions: { log: held.version + 1 } }
}

/** Somebody gives a channel another value. */
export const editMoves = (state: State, random: Dice): ReadonlyArray<Move> =>
  state.channels.size === 0 || state.result !== undefined
    ? []
    : [{ events: () => [{ _tag: "ChannelSet", channel: "log", value: [random.roll(3)] }] }]

/** How steps begin and end, with any of the nodes that have not ended. */
export const stepMoves = (state: State, random: Dice): ReadonlyArray<Move> => {
  const { step } = state
  if (step === undefined || state.inFlight + state.children.size > 0 || state.result !== undefined) return []
  const nodes = state.nodes.filter((node) => isOpen(node) && random.oneIn(2)).map((node) => node.spec.id)
  if (!step.isOpen) {
    const begins = { _tag: "StepStarted", step: step.number + 1, frontier: nodes } as const
    return state.status === "running" && state.interrupted === undefined && nodes.length > 0
      ? [{ weight: 64, events: () => [begins] }]
      : []
  }
  const ids = (of: ReadonlyArray<Node>) => of.map((node) => node.spec.id)
  const ends = {
    step: step.number,
    ran: ids(step.ran),
    skipped: ids(step.skipped),
    ...versionsAfter(state, step)
  }
  const pause = { when: "each_step", step: step.number, nodeIds: [], frontier: [] } as const
  return [
    { weight: 24, events: () => [{ _tag: "StepCompleted", ...ends }] },
    {
      weight: state.interrupted === undefined ? 8 : 0,
      events: () => [
        { _tag: "StepCompleted", ...ends },
        { _tag: "RunPaused", interrupt: pause }
      ]
    }
  ]
}
