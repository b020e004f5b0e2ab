/** What a coordinator takes from its inbox. */
import type { ChildEnd, NodeState, RunState, StoreError } from "@dagflow/protocol"
import type { HookAnswer, Proposed } from "../decide/decideAnswer.ts"
import type { CommandResult } from "../decide/decideCommand.ts"
import type { Report } from "../decide/decideReport.ts"
import type { ChildLoss } from "./kinRuns.ts"

/** Something that is due at a time. */
export type Alarm =
  | { readonly _tag: "Retry"; readonly node: NodeState.NodeState; readonly attempt: number }
  | { readonly _tag: "AttemptTimeout"; readonly node: NodeState.NodeState; readonly attempt: number }
  | { readonly _tag: "GraceOver"; readonly node: NodeState.NodeState; readonly attempt: number }
  | { readonly _tag: "WaitDeadline"; readonly node: NodeState.NodeState; readonly attempt: number }
  | { readonly _tag: "RunTimeout" }
  /** The run has rested since the event of this number. */
  | { readonly _tag: "Park"; readonly state: RunState.RunState; readonly sequence: number }

/** What a coordinator takes from its inbox. */
export type Message =
  | { readonly _tag: "Report"; readonly report: Report }
  | {
      readonly _tag: "Command"
      readonly proposed: Proposed
      /** The mail that brought the command; it is consumed by the append that settles it. */
      readonly mailId: string | undefined
      /** When it was put into the mailbox. */
      readonly sentAtMillis?: number
      readonly reply: ((result: CommandResult) => void) | undefined
    }
  | {
      readonly _tag: "Answer"
      readonly hook: string
      readonly sequence: number
      readonly answer: HookAnswer
    }
  | {
      readonly _tag: "Observation"
      readonly hook: string
      readonly sequence: number
      readonly answer: HookAnswer
    }
  | { readonly _tag: "Alarms"; readonly alarms: ReadonlyArray<Alarm> }
  /** The list that a node is mapped over has been read. */
  | { readonly _tag: "ListRead"; readonly node: NodeState.NodeState }
  /** A child run has told how it ends. */
  | { readonly _tag: "ChildEnded"; readonly end: ChildEnd.ChildEnd; readonly mailId: string | undefined }
  /** A child run that has told how it ends has recorded that, or cannot be brought to do so here. */
  | {
      readonly _tag: "ChildSeen"
      readonly runId: string
      readonly mailId: string
      readonly hasEnded: boolean
    }
  /** A child run only waits for somebody. */
  | { readonly _tag: "ChildRests"; readonly runId: string }
  /** A child run that was executed here is not any more, before its end. */
  | { readonly _tag: "ChildLost"; readonly loss: ChildLoss }
  /** The parent knows how this run ends. */
  | { readonly _tag: "ParentTold" }
  /** What the run needs of the runs above or below it could not be had: the store is away for too long. */
  | { readonly _tag: "StoreGone"; readonly error: StoreError }
  /** Somebody wants to see the durable state, and at what time it is. */
  | { readonly _tag: "Query"; readonly see: (state: RunState.RunState, nowMillis: number) => void }
  /** A slot of the engine is free again. */
  | { readonly _tag: "SlotFree" }
  /** Nothing starts any more: the engine is being closed. */
  | { readonly _tag: "Drain" }
  /** The store says that another process owns the run. */
  | { readonly _tag: "OwnershipLost" }

/** Whether an alarm still means anything: its node has not gone on without it. */
export const isWanted = (alarm: Alarm): boolean => {
  if (alarm._tag === "RunTimeout") return true
  if (alarm._tag === "Park") return alarm.state.sequence === alarm.sequence
  const { attempt, node } = alarm
  if (node.attempt !== attempt) return false
  if (alarm._tag === "WaitDeadline") return node.wait?.untilMillis !== undefined
  return node.inFlight || node.child !== undefined || alarm._tag === "Retry"
}
