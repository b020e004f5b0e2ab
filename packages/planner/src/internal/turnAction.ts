/** The action of a turn: asks the model once, and records what it was asked and what it said. */
import { Action, type ActionContext, NodeOutput } from "@dagflow/core"
import { ContentHash } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import type * as Prompt from "effect/ai/Prompt"
import type * as Response from "effect/ai/Response"
import type * as Toolkit from "effect/ai/Toolkit"
import type { Limits } from "../Limits.ts"
import { PlannerError } from "../PlannerError.ts"
import { describe } from "../Refusal.ts"
import * as Tool from "../Tool.ts"
import * as Turn from "../Turn.ts"
import { type Answer, readAnswer } from "./answer.ts"
import * as Conversation from "./conversation.ts"
import { recordingOf } from "./recording.ts"

/** What a turn needs to know of its planner. */
export interface TurnOptions<Name extends string> {
  readonly name: Name
  readonly version: string | undefined
  readonly description: string | undefined
  readonly instructions: string | undefined
  readonly tools: ReadonlyArray<Tool.Definition>
  readonly limits: Limits
  readonly price: Price | undefined
  readonly estimate: Action.EstimateOptions | undefined
}

/** What a million tokens cost. */
export interface Price {
  readonly input: number
  readonly output: number
}

/** What a turn is given. */
export const TurnInput = Schema.Struct({
  /** What the model is asked, as one message of the user. */
  prompt: Schema.optionalKey(Schema.String),
  /** Messages before it: texts, messages as `effect/ai` encodes them, or lists of either. */
  messages: Schema.optionalKey(Schema.Array(Schema.Json))
})

const unusable = () => Effect.die("tools are nodes: their calls are not resolved here")

/** What the model is shown of tools, and what a record names that by. */
interface Shown {
  readonly kit: Toolkit.WithHandler<Record<string, never>>
  readonly hash: string
}

const toolkitOf = (tools: ReadonlyArray<Tool.Definition>): Shown => ({
  kit: {
    tools: Object.fromEntries(tools.map((tool) => [tool.name, Tool.toAi(tool)])),
    handle: unusable
  } as unknown as Shown["kit"],
  hash: ContentHash.ofJson(
    tools.map(({ description = "", name, parameters }) => ({ name, description, parameters })) as never
  ).slice(0, 16)
})

const ofAiError = (error: AiError.AiError): PlannerError =>
  new PlannerError({
    reason: {
      _tag: "ModelFailed",
      error: error.reason._tag,
      message: error.message,
      isRetryable: error.isRetryable
    }
  })

/** An amount that a provider tells, if it is one: none is so large that sums of it could not be told. */
const amount = (told: number | undefined): number | undefined =>
  told !== undefined && told >= 0 && told <= Number.MAX_SAFE_INTEGER ? told : undefined

const usageOf = (answer: Answer, price: Price | undefined): Record<string, number> | undefined => {
  const inputTokens = amount(answer.inputTokens)
  const outputTokens = amount(answer.outputTokens)
  if (inputTokens === undefined && outputTokens === undefined) return undefined
  const input = inputTokens ?? 0
  const output = outputTokens ?? 0
  return {
    tokens: input + output,
    inputTokens: input,
    outputTokens: output,
    ...(price !== undefined && { cost: (input * price.input + output * price.output) / 1_000_000 })
  }
}

/** The messages that this turn adds to its conversation, and all that it sends. */
const messagesOf = (
  input: typeof TurnInput.Type,
  context: ActionContext.ActionContext,
  place: Turn.Place,
  instructions: string | undefined
) => {
  const given = Conversation.flatten(input.messages ?? [])
  const asked = input.prompt === undefined ? [] : [Conversation.textMessage("user", input.prompt)]
  if (place.turn > 1) return { added: asked, sent: [...given, ...asked] }
  const system = [instructions, context.instructions].filter((text) => text !== undefined).join("\n\n")
  const added = [...(system === "" ? [] : [Conversation.textMessage("system", system)]), ...given, ...asked]
  return { added, sent: added }
}

/** An item of a list is one answer: nodes cannot refer to the messages of an item, so no other turn can follow it. */
const isItem = (nodeId: string): boolean => nodeId.endsWith("]")

const ofItem = ({ calls, refused }: Answer): Effect.Effect<void, PlannerError> => {
  if (refused === undefined && calls.length === 0) return Effect.void
  const why = refused === undefined ? "it calls tools" : describe(refused)
  return Effect.fail(
    new PlannerError({
      reason: { _tag: "IncompleteAnswer", finish: `${why}, and no turn follows on an item of a list` }
    })
  )
}

const ask = (
  model: LanguageModel.LanguageModel,
  prompt: Prompt.Prompt,
  toolkit: Toolkit.WithHandler<Record<string, never>>
): Stream.Stream<Response.AnyPart, PlannerError> => {
  const stream = model.streamText({
    prompt,
    toolkit: toolkit as Toolkit.WithHandler<{}>,
    disableToolCallResolution: true,
    toolCallValidation: "deferred"
  }) as Stream.Stream<Response.AnyPart, AiError.AiError>
  return Stream.mapError(stream, ofAiError)
}

/** The action of a planner's turns. */
export const turnAction = <const Name extends string>(options: TurnOptions<Name>) => {
  const { description, estimate, instructions, limits, name, price, tools, version } = options
  const toolkit = toolkitOf(tools)
  const noTools = toolkitOf([])
  return Action.make(name, {
    input: TurnInput,
    output: Turn.Outputs,
    ...(version !== undefined && { version }),
    ...(description !== undefined && { description }),
    ...(estimate !== undefined && { estimate }),
    run: (input, context) =>
      Effect.gen(function* () {
        const model = yield* LanguageModel.LanguageModel
        const place = Turn.placeOf(context.nodeId, context.metadata)
        const { added, sent } = messagesOf(input, context, place, instructions)
        const recording = recordingOf(model)
        const isOne = isItem(context.nodeId)
        const shown = isOne ? noTools.hash : toolkit.hash
        if (recording !== undefined) return yield* recording(context, sent, shown)
        const prompt = yield* Conversation.toPrompt(sent)
        const asked = ask(model, prompt, isOne ? noTools.kit : toolkit.kit)
        const answer = yield* readAnswer(asked, limits, context.emit)
        if (isOne) yield* ofItem(answer)
        const usage = usageOf(answer, price)
        const record: Turn.Record = {
          ...place,
          asked: Conversation.hashes(sent),
          tools: shown,
          calls: answer.calls,
          finish: answer.finish,
          ...(answer.refused !== undefined && { refused: answer.refused })
        }
        return NodeOutput.make(
          { text: answer.text, prompt: added, message: answer.message },
          {
            metadata: { [Turn.key]: record as unknown as Schema.Json },
            ...(usage !== undefined && { usage })
          }
        )
      })
  })
}
