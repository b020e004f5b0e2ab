/** The ways to reach a model that is a server. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import type * as Layer from "effect/Layer"
import type * as LanguageModel from "effect/ai/LanguageModel"
import { AiSdk, OpenAiCompatible } from "../src/index.ts"

export type Model = Layer.Layer<LanguageModel.LanguageModel>

/** A way to reach a server: the second try of a request is the last one, so that a failed one is the node's to repeat. */
export type Reach = (url: string, model: string) => Model

/** All ways. */
export const ways: ReadonlyArray<readonly [name: string, reach: Reach]> = [
  ["OpenAiCompatible", (url, model) => OpenAiCompatible.layer({ url, model, tries: 2 })],
  [
    "the AI SDK's own provider",
    (url, model) => {
      const provider = createOpenAICompatible({ name: "local", baseURL: url, includeUsage: true })
      return AiSdk.layer(provider(model), { tries: 2 })
    }
  ]
]
