import type { SourcePosition } from "@dagflow/protocol"
import * as SourceText from "./sourceText.ts"

/** Characters of a line that an excerpt shows at most, so that a minified file does not flood the terminal. */
const shownMax = 120

/** Characters shown before the place when the line is too long to be shown from its beginning. */
const leadMax = 40

/**
 * Shows the line of a place, its neighbours, and carets below the place with a remark behind them:
 *
 * ```text
 *   |
 * 6 |   - id: transform
 * 7 |     dependencies: [fetc]
 *   |                    ^^^^ did you mean "fetch"?
 * 8 |     action: clean
 * ```
 */
export const make = (source: SourceText.SourceText, position: SourcePosition, remark = ""): string => {
  const { line } = position
  const width = String(line + 1).length
  const row = (label: string, text: string) => `${label.padStart(width)} |${text === "" ? "" : ` ${text}`}`
  const neighbour = (number: number) => {
    const text = SourceText.lineText(source, number)
    return text.trim() === "" ? [] : [row(String(number), shown(text, window(text, 0)))]
  }
  const text = SourceText.lineText(source, line)
  const view = window(text, position.column - 1)
  const carets = `${underline(text, view, position)}${remark === "" ? "" : ` ${remark}`}`
  return [
    row("", ""),
    ...neighbour(line - 1),
    row(String(line), shown(text, view)),
    row("", carets),
    ...neighbour(line + 1)
  ].join("\n")
}

/** Carets below the part of a line that a place takes; a place of several lines takes the rest of its first one. */
const underline = (text: string, view: Window, position: SourcePosition): string => {
  const start = position.column - 1
  const end = position.endLine === position.line ? (position.endColumn ?? 0) - 1 : text.length
  const before = printable(text.slice(view.from, start))
  const marked = printable(text.slice(start, Math.min(Math.max(start + 1, end), view.to)))
  const indent = displayWidth(before) + (view.from > 0 ? 1 : 0)
  return " ".repeat(indent) + "^".repeat(Math.max(1, displayWidth(marked)))
}

interface Window {
  readonly from: number
  readonly to: number
}

/** The part of a line that is shown: all of it, or a window around the place that matters. */
const window = (line: string, start: number): Window => {
  const from = start < shownMax - leadMax ? 0 : start - leadMax
  return { from, to: Math.min(line.length, from + shownMax) }
}

const shown = (line: string, { from, to }: Window): string =>
  `${from > 0 ? "…" : ""}${printable(line.slice(from, to))}${to < line.length ? "…" : ""}`

/** Tabs become single spaces, so that carets line up; what could steer a terminal becomes a sign that cannot. */
const printable = (text: string): string =>
  text
    .replaceAll("\t", " ")
    // oxlint-disable-next-line no-control-regex -- control characters are what must not reach a terminal.
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, "\ufffd")

/** Columns that a text takes on a terminal: East Asian wide characters and emoji take two, combining marks none. */
const displayWidth = (text: string): number => {
  let width = 0
  for (const character of text) {
    if (/^(?:\p{Mn}|\p{Me}|\u200d|\ufe0f)$/u.test(character)) continue
    width +=
      /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u.test(
        character
      )
        ? 2
        : 1
  }
  return width
}
