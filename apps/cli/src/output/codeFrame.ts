import { readFileSync } from "node:fs"
import type { SourcePosition } from "@dagflow/protocol"
import { harmless } from "./Phrase.ts"

/** Lines shown before and after the one that is meant. */
const around = 1

/** Columns of a source line that are shown at most. */
const columnsMax = 160

const readLines = (file: string): ReadonlyArray<string> | undefined => {
  try {
    return readFileSync(file, "utf8")
      .replace(/^\ufeff/, "")
      .replace(/\r?\n$/, "")
      .split(/\r?\n/)
  } catch {
    // A file that has gone since it was loaded: the place is still worth naming.
    return undefined
  }
}

/** Columns of a tab are those of its indent, so carets stand right below a line with tabs. */
const blanksOf = (text: string): string => text.replace(/[^\t]/g, " ")

/**
 * The lines of a file around a place, with carets below what is meant and, after them, what is said about it.
 *
 * ```
 *   --> flow.yaml:31:3
 *    |
 * 30 | nodes:
 * 31 |   transform:
 *    |   ^^^^^^^^^ TypeError: no email
 * ```
 */
export const codeFrame = (at: SourcePosition, said = ""): string => {
  const place = `--> ${at.file}:${at.line}:${at.column}`
  const lines = readLines(at.file)
  const line = lines?.[at.line - 1]
  if (lines === undefined || line === undefined) return `  ${place}`
  const last = Math.min(lines.length, at.line + around)
  const cells = String(last).length
  const gutter = (text: string) => `${text.padStart(cells)} |`
  const shown = (number: number) => {
    const text = harmless(lines[number - 1] ?? "").slice(0, columnsMax)
    return `${gutter(String(number))} ${text}`.trimEnd()
  }
  const end = at.endLine === undefined || at.endLine === at.line ? at.endColumn : line.length + 1
  const carets = "^".repeat(Math.max(1, Math.min(columnsMax, end ?? at.column + 1) - at.column))
  const frame = [`${" ".repeat(cells)}${place}`, gutter("")]
  for (let number = Math.max(1, at.line - around); number <= at.line; number++) frame.push(shown(number))
  frame.push(
    `${gutter("")} ${blanksOf(line.slice(0, at.column - 1))}${carets}${said === "" ? "" : ` ${said}`}`
  )
  for (let number = at.line + 1; number <= last; number++) frame.push(shown(number))
  return frame.join("\n")
}
