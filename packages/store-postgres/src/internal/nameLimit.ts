import { StoreError } from "@dagflow/protocol"
import { encodeText } from "./postgresText.ts"

/** Most bytes of a text that an index holds. PostgreSQL's limit is 2,704 for all that an entry holds. */
export const nameBytesMax = 2_600

/** Why no index takes these texts, or `undefined` when it takes all of them. */
export const refuseNames = (
  operation: string,
  runId: string | undefined,
  names: ReadonlyArray<string>
): StoreError | undefined => {
  for (const name of names) {
    // A UTF-16 code unit is at most six bytes here, so the common names are judged by their length.
    if (name.length * 6 <= nameBytesMax) continue
    const bytes = Buffer.byteLength(encodeText(name))
    if (bytes <= nameBytesMax) continue
    const about = runId === undefined ? { operation } : { operation, runId }
    return new StoreError({ ...about, reason: { _tag: "TooLarge", bytes, maximum: nameBytesMax } })
  }
  return undefined
}
