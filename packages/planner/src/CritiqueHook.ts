/**
 * Reflection: a second model reads what a planner has answered, and the planner writes again until the critic accepts it, or the
 * rounds are over.
 */
import { type Action, Hook, Hooks } from "@dagflow/core"
import type { Command, RunReport } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as LanguageModel from "effect/ai/LanguageModel"
import { actionNames, type EndedTurn, freeIds, historyOf, nextTurn } from "./internal/growth.ts"
import { turnMark } from "./internal/turnMark.ts"
import type { Limits } from "./Limits.ts"
import * as Planner from "./Planner.ts"
import * as Tool from "./Tool.ts"
import * as Turn from "./Turn.ts"

/** What a critic says of an answer. */
export const Verdict = Schema.Struct({
  accepted: Schema.Boolean,
  feedback: Schema.String.annotate({ description: "What is wrong, if it is not accepted." })
})
/** What a critic says of an answer. */
export type Verdict = typeof Verdict.Type

/** How a critic is set up. */
export interface Options<Name extends string> {
  /** Name of the action of the critic's turns and of its hook; unique in a process. */
  readonly name: Name
  /** Whose answers are read: those that are words, not those of a tool that ends the loop. */
  readonly of: Pick<Planner.Planner<string, never>, "turn">
  /** What the critic is told first: what makes an answer good. */
  readonly instructions: string
  /** How often a conversation may be written again, 0 or more; its last answer then stands as it is. Default 3. */
  readonly roundsMax?: number
  readonly limits?: Partial<Limits>
  /** How often a judgement is tried, and how long it may take; see the same of `Planner`. */
  readonly turns?: Planner.Options<Name, []>["turns"]
}

/** A critic. */
export interface Critique {
  readonly hook: Hook.Hook
  /** Registers the critic; it needs a model, which may be another one than the writer's. */
  readonly layer: Layer.Layer<never, never, LanguageModel.LanguageModel>
}

/**
 * Makes a critic of a planner's answers.
 *
 * **Details**
 * Each judgement is a turn of the critic's, so that it is recorded, counted and replayed like any other. An event `critique.judged`
 * tells each verdict. A critic that gives no verdict has not accepted.
 *
 * **Example**
 * ```ts
 * const critic = CritiqueHook.make({ name: "critic", of: writer, instructions: "Accept what cites a source." })
 * ```
 */
export const make = <const Name extends string>(options: Options<Name>): Critique => {
  const { instructions, limits, name, of, roundsMax = 3, turns = {} } = options
  const writer = of.turn.name
  const critic = Planner.make({
    name,
    instructions,
    ...(limits !== undefined && { limits }),
    turns,
    stop: Tool.define({
      name: "verdict",
      description: "Says whether the answer is good.",
      parameters: Verdict
    })
  })
  const hook = Hook.make({
    name: `${name}-hook`,
    on: ["NodeCompleted"],
    handle: ({ event }, { report }) => {
      const record = event._tag === "NodeCompleted" ? Turn.recordOf(event) : undefined
      if (record === undefined || event._tag !== "NodeCompleted") return []
      const turn = { nodeId: event.nodeId, record }
      return Effect.map(report, (shown): ReadonlyArray<Command.Command> => {
        const action = nodeOf(shown, turn.nodeId)?.action
        if (action === writer && isAnswer(turn.record)) return [askCritic({ name, turns }, turn, shown)]
        return action === name
          ? judged({ of: of.turn, critic, roundsMax, hook: `${name}-hook` }, turn, shown)
          : []
      })
    }
  })
  return { hook, layer: Layer.mergeAll(critic.layer, Hooks.layer(hook)) }
}

// -- internal -------------------------------------------------------------------------------------------------------

const nodeOf = (report: RunReport.RunReport, nodeId: string | undefined) =>
  report.nodes.find((node) => node.nodeId === nodeId)

const isAnswer = ({ calls, refused }: Turn.Record): boolean => calls.length === 0 && refused === undefined

const takenIn = (report: RunReport.RunReport) => freeIds(new Set(report.nodes.map((node) => node.nodeId)))

const askCritic = (
  { name, turns }: Pick<Planner.Options<string, []>, "name" | "turns">,
  turn: EndedTurn,
  report: RunReport.RunReport
): Command.Command => ({
  _tag: "AddNode",
  node: {
    ...turns,
    id: takenIn(report)(`${turn.nodeId}_critique`),
    action: name,
    dependencies: [turn.nodeId],
    inputs: {
      messages: { list: [{ ref: `${turn.record.root}.prompt` }, { ref: `${turn.nodeId}.text` }] },
      prompt: { value: "Judge the last message, which answers what was asked before it. Call verdict." }
    }
  }
})

interface Judging {
  readonly of: Action.Any & { readonly name: string }
  readonly critic: Planner.Planner<string, never>
  readonly roundsMax: number
  readonly hook: string
}

const decodeVerdict = Schema.decodeUnknownSync(Verdict)

/** The verdict of a critic's turn, or `undefined` when it is not over yet: it was refused, and is asked again. */
const verdictOf = ({ critic }: Judging, { record }: EndedTurn, text: string): Verdict | undefined => {
  if (isAnswer(record)) return { accepted: false, feedback: text }
  const refusals = critic.guard.calls(record.calls)
  const call = record.calls.find((one, at) => one.name === "verdict" && refusals[at] === undefined)
  return call === undefined ? undefined : decodeVerdict(call.arguments)
}

const judged = (
  judging: Judging,
  critique: EndedTurn,
  report: RunReport.RunReport
): ReadonlyArray<Command.Command> => {
  const { hook, of, roundsMax } = judging
  const writer = of.name
  const text = nodeOf(report, critique.nodeId)?.outputs?.["text"]
  const verdict = verdictOf(judging, critique, typeof text === "string" ? text : "")
  const asked = nodeOf(report, nodeOf(report, critique.record.root)?.grownBy?.nodeId)
  const record = Turn.recordIn(asked?.metadata)
  if (verdict === undefined || asked === undefined || record === undefined) return []
  const turn = { nodeId: asked.nodeId, record }
  const rounds = report.nodes.filter(
    (node) =>
      node.action === writer &&
      node.grownBy?.hook === hook &&
      Turn.recordIn(node.metadata)?.root === record.root
  ).length
  const goesOn = !verdict.accepted && rounds < roundsMax
  const told: Command.Command = {
    _tag: "EmitEvent",
    name: "critique.judged",
    payload: { turn: turn.nodeId, ...verdict, goesOn }
  }
  if (!goesOn) return [told]
  const prompt = `Your answer was not accepted: ${verdict.feedback}\nAnswer again.`
  const next = nextTurn(actionNames(writer), turn, critique.nodeId, historyOf(turn), takenIn(report), prompt)
  return [{ _tag: "AddNode", node: { ...turnMark(of)?.turns, ...next } }, told]
}
