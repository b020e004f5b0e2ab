/** Reading JSON without an exception. */
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"

/** The value of a JSON text, or what is wrong with the text. */
export const parseJson = (text: string): Effect.Effect<Schema.Json, string> =>
  Effect.try({
    try: () => JSON.parse(text) as Schema.Json,
    catch: (cause) => (cause instanceof Error ? cause.message : String(cause))
  })
