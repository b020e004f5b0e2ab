/** Where two messages part. */
import type * as Schema from "effect/Schema"
import { cut } from "./inspect.ts"

/** Characters that are shown from the difference on. */
const shownMax = 60

/** Where two messages part: the first character that differs, and the texts from there on. */
export interface Difference {
  readonly offset: number
  readonly recorded: string
  readonly given: string
}

/** A message as people read it: its text if it has nothing else. */
const textOf = (message: Schema.Json | undefined): string => {
  if (message === undefined) return ""
  const content = (message as { readonly content?: unknown }).content
  return typeof content === "string" ? content : JSON.stringify(message)
}

/** The first difference of two messages; a message that is not there is empty. */
export const firstDifference = (
  recorded: Schema.Json | undefined,
  given: Schema.Json | undefined
): Difference => {
  let left = textOf(recorded)
  let right = textOf(given)
  // Equal texts of different roles differ in what else the messages say.
  if (left === right && recorded !== undefined && given !== undefined) {
    left = JSON.stringify(recorded)
    right = JSON.stringify(given)
  }
  let offset = 0
  while (offset < left.length && left[offset] === right[offset]) offset++
  // Where only the second half of a character differs, the character does.
  if (/[\ud800-\udbff]/.test(left[offset - 1] ?? "")) offset--
  return {
    offset,
    recorded: cut(left.slice(offset), shownMax),
    given: cut(right.slice(offset), shownMax)
  }
}
