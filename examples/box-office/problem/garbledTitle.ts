/**
 * Titles whose letters were read by the wrong table: bytes of a Western European text taken for those of an old
 * Macintosh, so that "Léon" became "LÈon". Reading them back and forth again puts them right.
 */
import type { Problem } from "./Problem.ts"

const macintosh = new TextDecoder("macintosh")
const western = new TextDecoder("windows-1252")

/** The byte of every letter that the table of the Macintosh has beyond the first 128. */
const bytes = new Map(
  Array.from({ length: 128 }, (_, index) => [macintosh.decode(Uint8Array.of(128 + index)), 128 + index])
)

/** The text as it was before it was read by the wrong table, or `undefined` when it cannot have been. */
const readAgain = (text: string): string | undefined => {
  const read: Array<number> = []
  for (const letter of text) {
    const code = letter.codePointAt(0) ?? 0
    const byte = code < 128 ? code : bytes.get(letter)
    if (byte === undefined) return undefined
    read.push(byte)
  }
  return western.decode(Uint8Array.from(read))
}

/** What no title has: an accented capital inside or instead of a word, and signs that stand for letters. */
const oddities = /(?<=[\p{L}\d])(?![A-Z])\p{Lu}|(?<!\p{L})(?![A-Z])\p{Lu}(?!\p{L})|[‡†‰·˘˙ˆ]/u

/** Whether a text has small letters: one that is all capitals may have accented ones. */
const hasSmallLetters = /\p{Ll}/u

const repaired = (title: unknown): string | undefined => {
  if (typeof title !== "string" || !hasSmallLetters.test(title) || !oddities.test(title)) return undefined
  const read = readAgain(title)
  return read === undefined || oddities.test(read) ? undefined : read
}

export const garbledTitle: Problem = {
  name: "garbled-title",
  description: "with a title whose letters were read by the wrong table",
  isFound: (row) => repaired(row["Title"]) !== undefined,
  repair: (row) => ({ Title: repaired(row["Title"]) ?? String(row["Title"]) })
}
