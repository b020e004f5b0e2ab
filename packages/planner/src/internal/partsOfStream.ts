/** An answer as a whole, for those who do not want it in pieces. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as Response from "effect/ai/Response"

/** The parts of an answer, with its texts put together. */
export const partsOfStream = <E>(
  stream: Stream.Stream<Response.StreamPartEncoded, E>
): Effect.Effect<Array<Response.PartEncoded>, E> =>
  Effect.map(Stream.runCollect(stream), (pieces) => {
    const texts = new Map<string, string>()
    const parts: Array<Response.PartEncoded> = []
    for (const piece of pieces) {
      if (piece.type === "text-delta" || piece.type === "reasoning-delta") {
        texts.set(piece.id, (texts.get(piece.id) ?? "") + piece.delta)
      } else if (piece.type === "text-end" || piece.type === "reasoning-end") {
        const text = texts.get(piece.id) ?? ""
        parts.push({ type: piece.type === "text-end" ? "text" : "reasoning", text })
        texts.delete(piece.id)
      } else if (isWhole(piece)) parts.push(piece)
    }
    return parts
  })

const pieceTypes: ReadonlySet<string> = new Set([
  "text-start",
  "reasoning-start",
  "tool-params-start",
  "tool-params-delta",
  "tool-params-end",
  "error"
])

const isWhole = (
  piece: Response.StreamPartEncoded
): piece is Response.StreamPartEncoded & Response.PartEncoded => !pieceTypes.has(piece.type)
