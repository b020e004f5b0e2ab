/** A model that says what a test tells it to. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import type * as Prompt from "effect/ai/Prompt"
import type * as Response from "effect/ai/Response"

export interface Call {
  readonly id?: string
  readonly name: string
  readonly params: unknown
}

export interface Said {
  readonly text?: string
  readonly calls?: ReadonlyArray<Call>
  readonly finish?: Response.FinishReason | "none"
  readonly tokens?: readonly [input: number, output: number]
  readonly error?: AiError.AiError
  /** Parts that come before all others. */
  readonly parts?: Iterable<Response.StreamPartEncoded>
  /** What the model waits for before it says anything. */
  readonly wait?: Effect.Effect<void>
}

/** What the model was sent. */
export interface Asked {
  readonly messages: ReadonlyArray<Prompt.Message>
  readonly tools: ReadonlyArray<string>
}

const usage = (tokens: Said["tokens"]) => ({
  inputTokens: { uncached: undefined, total: tokens?.[0], cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: tokens?.[1], text: undefined, reasoning: undefined }
})

const partsOf = (said: Said): ReadonlyArray<Response.StreamPartEncoded> => {
  const { calls = [], text = "", tokens } = said
  const words = text === "" ? [] : (text.match(/\S+\s*/g) ?? [text])
  const finish = said.finish ?? (calls.length > 0 ? "tool-calls" : "stop")
  return [
    ...(text === "" ? [] : [{ type: "text-start" as const, id: "t" }]),
    ...words.map((delta) => ({ type: "text-delta" as const, id: "t", delta })),
    ...(text === "" ? [] : [{ type: "text-end" as const, id: "t" }]),
    ...calls.map(({ id, name, params }, at) => ({
      type: "tool-call" as const,
      id: id ?? `c${at + 1}`,
      name,
      params
    })),
    ...(finish === "none" ? [] : [{ type: "finish" as const, reason: finish, usage: usage(tokens) }])
  ]
}

/** A model that answers by what it is asked; `asked` keeps what that was. */
export const make = (answer: (asked: Asked, turn: number) => Said) => {
  const asked: Array<Asked> = []
  const layer = Layer.effect(
    LanguageModel.LanguageModel,
    LanguageModel.make({
      generateText: () => Effect.die("turns are streamed"),
      streamText: ({ prompt, tools }) =>
        Stream.suspend(() => {
          const one: Asked = { messages: prompt.content, tools: tools.map((tool) => tool.name) }
          asked.push(one)
          const said = answer(one, asked.length)
          const whole = Stream.concat(
            Stream.fromIterable(said.parts ?? []),
            Stream.fromIterable(partsOf(said))
          )
          const parts =
            said.wait === undefined ? whole : Stream.concat(Stream.fromEffectDrain(said.wait), whole)
          return said.error === undefined ? parts : Stream.concat(parts, Stream.fail(said.error))
        })
    })
  )
  return { asked, layer }
}

/** A model and what it was asked. */
export type Model = ReturnType<typeof make>

/** A model that says one thing after the other. */
export const saying = (...all: ReadonlyArray<Said>) =>
  make((_, turn) => all[turn - 1] ?? { text: "there is nothing left to say" })
