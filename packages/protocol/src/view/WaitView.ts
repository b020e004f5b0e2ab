/** A wait of a node as people ask about it: what for, since when, until when, and who ended it. */
import * as Schema from "effect/Schema"
import { AnswerSchema } from "../definition/AnswerSchema.ts"
import { answerSchema } from "../message/Wait.ts"
import type { NodeState, WaitState } from "../state/NodeState.ts"
import type { RunState } from "../state/RunState.ts"
import { present } from "./internal/present.ts"

/** What a node waits for: an answer, a time, or word of what became of a lost attempt. */
export const WaitKind = Schema.Literals(["signal", "timer", "recovery"])
/** What a node waits for. */
export type WaitKind = typeof WaitKind.Type

/** Who answered a wait. */
export const AnswerView = Schema.Struct({
  /** Number of the event that holds the answer. */
  sequence: Schema.Int,
  atMillis: Schema.Finite,
  by: Schema.optionalKey(Schema.String),
  comment: Schema.optionalKey(Schema.String)
})

/** A wait of a node. */
export const WaitView = Schema.Struct({
  kind: WaitKind,
  attempt: Schema.Int,
  prompt: Schema.optionalKey(Schema.String),
  sinceMillis: Schema.Finite,
  /** When its deadline passes; absent without one, and once it has passed. */
  untilMillis: Schema.optionalKey(Schema.Finite),
  /** What happens then. */
  onTimeout: Schema.optionalKey(Schema.Literals(["complete", "pause", "fail"])),
  /** Its deadline has passed and paused the run, and it can still be answered. */
  isOverdue: Schema.optionalKey(Schema.Boolean),
  endedAtMillis: Schema.optionalKey(Schema.Finite),
  /** What ended it; absent while it is open, and when it was cancelled. */
  end: Schema.optionalKey(Schema.Literals(["signal", "deadline"])),
  answer: Schema.optionalKey(AnswerView)
})
/** A wait of a node. */
export type WaitView = typeof WaitView.Type

/** A wait that is open, with all that is needed to ask somebody for the answer. */
export const OpenWait = Schema.Struct({
  nodeId: Schema.String,
  action: Schema.String,
  description: Schema.optionalKey(Schema.String),
  ...WaitView.fields,
  /** JSON Schema (draft 2020-12) of the answer; absent when any outputs are welcome. */
  schema: Schema.optionalKey(AnswerSchema)
})
/** A wait that is open, with all that is needed to ask somebody for the answer. */
export type OpenWait = typeof OpenWait.Type

const kinds = { Signal: "signal", Timer: "timer", Recovery: "recovery" } as const

/** What a wait is for. */
export const kindOf = (wait: WaitState): WaitKind => kinds[wait.opened.wait._tag]

/** The view of a wait. */
export const make = (wait: WaitState): WaitView => {
  const { answer, opened } = wait
  return present({
    kind: kindOf(wait),
    attempt: opened.attempt,
    prompt: opened.wait._tag === "Signal" ? opened.wait.prompt : undefined,
    sinceMillis: wait.sinceMillis,
    untilMillis: wait.untilMillis,
    onTimeout: opened.deadline?.action,
    isOverdue: wait.isOverdue ? true : undefined,
    endedAtMillis: wait.endedAtMillis,
    end: wait.end,
    answer:
      answer &&
      present({
        sequence: answer.sequence,
        atMillis: answer.atMillis,
        by: answer.by,
        comment: answer.comment
      })
  })
}

/** The open wait of a node, or `undefined` when it does not wait. */
export const ofNode = (node: NodeState): OpenWait | undefined => {
  const { spec, wait } = node
  if (wait === undefined) return undefined
  return present({
    nodeId: spec.id,
    action: spec.action,
    description: spec.description,
    ...make(wait),
    schema: answerSchema(wait.opened.wait)
  })
}

/** All open waits of a run, in plan order. */
export const ofRun = (state: RunState): ReadonlyArray<OpenWait> =>
  state.counts.waiting === 0 ? [] : state.nodes.flatMap((node) => ofNode(node) ?? [])
