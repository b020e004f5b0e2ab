/** A note as a line that stays on a terminal, above the window: sign, state word, subject, and at the right how long. */
import type { Glyphs, Sign } from "../output/Glyphs.ts"
import { clip, duration, oneLine, padEnd, width } from "../output/Phrase.ts"
import { type Style, type Tone, toneOf } from "../output/Style.ts"
import type { Note, NoteWord } from "./Note.ts"

/** How lines are drawn. */
export interface Drawing {
  readonly glyphs: Glyphs
  readonly style: Style
  /** Width of the terminal in cells. */
  readonly columns: number
}

/** Lines are not wider than this, so that the eye finds their right end. */
const columnsMax = 100

const signs: Readonly<Record<NoteWord, Sign | undefined>> = {
  run: undefined,
  pending: "pending",
  running: "running",
  completed: "completed",
  failed: "failed",
  retrying: "retrying",
  handling: "retrying",
  waiting: "waiting",
  skipped: "skipped",
  cancelled: "cancelled",
  grew: "grew",
  progress: "running",
  paused: "paused",
  resumed: "running",
  hook: "failed",
  refused: "failed",
  event: undefined,
  log: undefined,
  alive: "running"
}

/** The width that lines are laid out for. One cell stays free: a full line makes some terminals wrap. */
export const lineCells = (columns: number): number => Math.max(10, Math.min(columnsMax, columns - 1))

/** Lays out a line: what is at the left is cut before what is at the right. */
export const spread = (left: string, right: string, { columns, glyphs }: Drawing): string => {
  const cells = lineCells(columns)
  if (right === "") return clip(left, cells, glyphs.more)
  const room = Math.max(0, cells - width(right) - 1)
  return `${padEnd(clip(left, room, glyphs.more), room)} ${right}`
}

/** The sign, the word and the subject of a line. */
export const head = (sign: Sign | undefined, word: string, subject: string, drawing: Drawing): string => {
  const { glyphs, style } = drawing
  const tone: Tone = sign === undefined ? "faint" : toneOf(sign)
  const mark = sign === undefined ? " " : glyphs.sign[sign]
  return `${style(tone, `${mark} ${word.padEnd(10)}`)}${subject}`
}

/** The line of a note. */
export const format = (note: Note, drawing: Drawing): string => {
  const took = note.durationMillis === undefined ? "" : duration(note.durationMillis)
  const detail = oneLine(note.detail)
  const left = head(signs[note.word], note.word, oneLine(note.subject), drawing)
  return spread(
    detail === "" ? left : `${left}  ${note.word === "log" ? detail : drawing.style("faint", detail)}`,
    took === "" ? "" : drawing.style("faint", took),
    drawing
  )
}
