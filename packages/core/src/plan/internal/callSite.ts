import type { SourcePosition } from "@dagflow/protocol"

/**
 * Where in the user's sources something was called: an error made in the called function. Its text is only written once
 * somebody asks for the position, so that making one is cheap.
 */
export type CallSite = Error

/** `at caller (file:///a/b.ts:12:5)` or `at /a/b.ts:12:5`, as V8 and the engines that follow it write frames. */
const frame = /^\s*at (?:.*\()?(.+?):(\d+):(\d+)\)?$/

/** The position of the caller of the function that made the call site, when the engine tells it. */
export const position = (site: CallSite): SourcePosition | undefined => {
  const frames = (typeof site.stack === "string" ? site.stack : "")
    .split("\n")
    .filter((line) => frame.test(line))
  const found = frame.exec(frames[1] ?? "")
  if (found === null) return undefined
  const [, file = "", line, column] = found
  return {
    file: file.replace(/^file:\/\/(\/(?=[A-Za-z]:))?/, ""),
    line: Number(line),
    column: Number(column)
  }
}
