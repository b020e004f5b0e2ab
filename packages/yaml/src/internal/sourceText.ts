import type { SourcePosition } from "@dagflow/protocol"

/** The text of a file, and where its lines begin. */
export interface SourceText {
  readonly file: string
  readonly text: string
  /** The offset of each line, found when the first one is asked for: a text without problems needs none. */
  readonly lineStarts: () => ReadonlyArray<number>
}

/** Prepares a text for questions about its lines. Lines end with LF or CR LF. */
export const make = (file: string, text: string): SourceText => {
  let starts: ReadonlyArray<number> | undefined
  return { file, text, lineStarts: () => (starts ??= startsOf(text)) }
}

/** The place of the characters from offset `from` up to, but without, offset `to`; always one character at least. */
export const positionOf = (source: SourceText, from: number, to: number): SourcePosition => {
  const end = Math.max(from + 1, to)
  const line = lineAt(source, from)
  const endLine = lineAt(source, end)
  return {
    file: source.file,
    line: line + 1,
    column: from - (source.lineStarts()[line] ?? 0) + 1,
    endLine: endLine + 1,
    endColumn: end - (source.lineStarts()[endLine] ?? 0) + 1
  }
}

/** A line of the text by its number, counted from 1, without its line end. */
export const lineText = (source: SourceText, line: number): string => {
  const starts = source.lineStarts()
  const start = starts[line - 1]
  if (start === undefined) return ""
  const end = starts[line] ?? source.text.length + 1
  return source.text.slice(start, end - 1).replace(/\r$/, "")
}

const startsOf = (text: string): ReadonlyArray<number> => {
  const starts = [0]
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1)
  return starts
}

/** The index of the line that an offset belongs to. */
const lineAt = (source: SourceText, offset: number): number => {
  const starts = source.lineStarts()
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}
