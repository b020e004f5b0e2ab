/** A note as a line of an append-only log: elapsed time, state word, subject, the rest; no colours, no redraws. */
import { duration, elapsed, oneLine } from "../output/Phrase.ts"
import type { Note } from "./Note.ts"

const wordCells = 10
const timeCells = 6

/** The line of a note. `startMillis` is the moment that elapsed time is counted from. */
export const format = (note: Note, startMillis: number): string => {
  const time = elapsed(note.atMillis - startMillis).padEnd(timeCells)
  const took = note.durationMillis === undefined ? "" : ` ${duration(note.durationMillis)}`
  const detail = note.detail === "" ? "" : ` ${note.word === "log" ? "| " : ""}${oneLine(note.detail)}`
  return `${time} ${note.word.padEnd(wordCells)}${oneLine(note.subject)}${took}${detail}`.trimEnd()
}
