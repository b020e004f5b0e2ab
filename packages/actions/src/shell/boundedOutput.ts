/** What a command prints, kept up to a size. */
import { StringDecoder } from "node:string_decoder"

/** What a command prints, kept up to a size. */
export interface BoundedOutput {
  readonly add: (chunk: Uint8Array) => void
  /** What was kept, as text; a character that was cut is left out. */
  readonly text: () => string
  /** Whether more was printed than kept. */
  readonly isCut: () => boolean
}

/** Keeps the first `bytesMax` bytes. */
export const first = (bytesMax: number): BoundedOutput => {
  const chunks: Array<Uint8Array> = []
  let kept = 0
  let isCut = false
  return {
    add: (chunk) => {
      const fitting = chunk.subarray(0, bytesMax - kept)
      if (fitting.byteLength < chunk.byteLength) isCut = true
      if (fitting.byteLength === 0) return
      chunks.push(fitting)
      kept += fitting.byteLength
    },
    text: () => new StringDecoder("utf8").write(Buffer.concat(chunks)),
    isCut: () => isCut
  }
}
