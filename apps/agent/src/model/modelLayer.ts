/** The model that is asked: one of the network when there is a key for it, else the one that needs none. */
import { OpenAiCompatible } from "@dagflow/planner"
import type * as Layer from "effect/Layer"
import type * as LanguageModel from "effect/ai/LanguageModel"
import * as DocumentReader from "./documentReader.ts"

/**
 * The model that the environment asks for: with `OPENAI_API_KEY` one of OpenAI, or of the server at `OPENAI_BASE_URL`; its name
 * is `OPENAI_MODEL`.
 */
export const modelLayer = (
  env: Readonly<Record<string, string | undefined>>
): Layer.Layer<LanguageModel.LanguageModel> => {
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: url, OPENAI_MODEL: model } = env
  if (apiKey === undefined || apiKey === "") return DocumentReader.layer
  return OpenAiCompatible.layer({
    url: url ?? "https://api.openai.com/v1",
    model: model ?? "gpt-5-mini",
    apiKey
  })
}
