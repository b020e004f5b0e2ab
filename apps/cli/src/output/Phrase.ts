/** How numbers, times and long texts are put into lines for people. */
import { stripVTControlCharacters } from "node:util"
import stringWidth from "string-width"

/** A number with its thousands set apart: `1,204`. */
export const number = (value: number): string => {
  // What fractions add up to is told without the noise of adding them up.
  const [whole = "", ...fraction] = String(Number(value.toPrecision(12))).split(".")
  return [whole.replace(/\B(?=(\d{3})+(?!\d))/g, ","), ...fraction].join(".")
}

/** How many of what: `1 node`, `1,204 nodes`. */
export const count = (value: number, noun: string, plural = `${noun}s`): string =>
  `${number(value)} ${value === 1 ? noun : plural}`

const two = (value: number): string => String(value).padStart(2, "0")

/** How long something took: `0.4s`, `12.4s`, `2m 04s`, `3h 02m`. */
export const duration = (millis: number): string => {
  const tenths = Math.max(0, Math.round(millis / 100))
  if (tenths < 600) return `${Math.floor(tenths / 10)}.${tenths % 10}s`
  const seconds = Math.round(tenths / 10)
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`
}

/** Time since the start of a run, for a column of them: `0:01.2`, `1:02:03.4`. */
export const elapsed = (millis: number): string => {
  const tenths = Math.max(0, Math.floor(millis / 100))
  const seconds = Math.floor(tenths / 10)
  const minutes = Math.floor(seconds / 60)
  const rest = `${two(seconds % 60)}.${tenths % 10}`
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`
}

/** Time since the start of a run, for a clock: `00:41`, `1:02:03`. */
export const clock = (millis: number): string => {
  const seconds = Math.max(0, Math.floor(millis / 1000))
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? `${two(minutes)}:${two(seconds % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`
}

/** How many cells of a terminal a text takes. */
export const width = (text: string): number => stringWidth(text)

const segmenter = new Intl.Segmenter()

/** Cuts a text, which may hold colours, to a number of cells; what is cut is told by `more`. */
export const clip = (text: string, cells: number, more = "…"): string => {
  if (width(text) <= cells) return text
  const room = cells - width(more)
  if (room <= 0) return more.slice(0, Math.max(0, cells))
  let shown = ""
  let used = 0
  let colored = false
  // Colours have no width: they are kept as they come, and switched off at the end.
  for (const [part] of text.matchAll(escapeOrText)) {
    if (part.startsWith("\u001b")) {
      colored = true
      shown += part
      continue
    }
    for (const { segment } of segmenter.segment(part)) {
      used += width(segment)
      if (used > room) return `${shown}${colored ? "\u001b[0m" : ""}${more}`
      shown += segment
    }
  }
  return shown
}

// oxlint-disable-next-line no-control-regex -- colours are control sequences.
const escapeOrText = /\u001b\[[0-9;]*m|[^\u001b]+|\u001b/g

/** The end of a text without colours, in so many cells; what is cut off is replaced by a sign. */
export const clipStart = (text: string, cells: number, more = "…"): string => {
  if (width(text) <= cells) return text
  let used = width(more)
  let start = text.length
  for (const { index, segment } of [...segmenter.segment(text)].toReversed()) {
    used += width(segment)
    if (used > cells) break
    start = index
  }
  return `${more}${text.slice(start)}`
}

/** Fills a text up to a number of cells. */
export const padEnd = (text: string, cells: number): string =>
  text + " ".repeat(Math.max(0, cells - width(text)))

// oxlint-disable-next-line no-control-regex -- what a terminal would obey, and what reorders text, must not reach it.
const hostile = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** A text of unknown origin made harmless for a terminal: it keeps its lines and loses its commands. */
export const harmless = (text: string): string =>
  stripVTControlCharacters(text).replaceAll("\r\n", "\n").replace(hostile, "")

/** A text of unknown origin on one line. */
export const oneLine = (text: string): string =>
  harmless(text)
    .replace(/\s*\n\s*/g, " ")
    .trim()

/** A text as an argument that a shell takes as it is. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-][\w@%+=:,./#-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
