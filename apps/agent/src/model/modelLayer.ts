/** The model that is asked: one of the network when there is a key for it, else the one that needs none. */
import type * as Layer from "effect/Layer"
import type * as LanguageModel from "effect/ai/LanguageModel"
import * as DocumentReader from "./documentReader.ts"

/** The model that the environment asks for. */
export const modelLayer = (
  _env: Readonly<Record<string, string | undefined>>
): Layer.Layer<LanguageModel.LanguageModel> => DocumentReader.layer
