import { count } from "../output/Phrase.ts"

/** Says that what was emitted came faster than it could be shown. */
export const gapText = (missed: number): string =>
  `${count(missed, "emitted value")} came too fast to be shown`
