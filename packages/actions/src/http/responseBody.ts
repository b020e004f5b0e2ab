/** The body of an answer, read no further than it may go. */
import * as Effect from "effect/Effect"

/** Why a body could not be read. */
export type BodyTrouble = "TooLarge" | { readonly cause: unknown }

/** Reads a body. One that is longer than `bytesMax` is refused, or cut there. */
export const readBody = (
  response: Response,
  bytesMax: number,
  whenLonger: "refuse" | "cut"
): Effect.Effect<Uint8Array, BodyTrouble> =>
  Effect.gen(function* () {
    const announced = Number(response.headers.get("content-length") ?? 0)
    const isEncoded = response.headers.has("content-encoding")
    if (whenLonger === "refuse" && !isEncoded && announced > bytesMax && response.body !== null) {
      return yield* Effect.fail("TooLarge" as const)
    }
    const reader = response.body?.getReader()
    const chunks: Array<Uint8Array> = []
    let total = 0
    while (reader !== undefined && total <= bytesMax) {
      const { done, value } = yield* Effect.tryPromise({
        try: () => reader.read(),
        catch: (cause) => ({ cause })
      })
      if (done) return Buffer.concat(chunks, total)
      chunks.push(value)
      total += value.byteLength
    }
    if (total > bytesMax && whenLonger === "refuse") return yield* Effect.fail("TooLarge" as const)
    return Buffer.concat(chunks, total).subarray(0, bytesMax)
  })
