/** Where log lines go: those of attempts to whatever shows the run, everything else straight to standard error. */
import * as Cause from "effect/Cause"
import * as Logger from "effect/Logger"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import type { Progress } from "../progress/Progress.ts"

/** How log lines look. */
export type LogFormat = "text" | "json"

const textOf = (part: unknown): string => {
  if (typeof part === "string") return part
  if (part instanceof Error) return `${part.name}: ${part.message}`
  try {
    return JSON.stringify(part) ?? String(part)
  } catch {
    // What JSON cannot hold, such as a cycle, still has a name.
    return String(part)
  }
}

const messageOf = (message: unknown, cause: Cause.Cause<unknown>): string => {
  const parts = (Array.isArray(message) ? message : [message]).map(textOf)
  if (cause.reasons.length > 0) parts.push(Cause.pretty(cause))
  return parts.join(" ")
}

const wordOf = (level: string): string => (level === "Info" ? "" : `${level.toUpperCase()} `)

/** A layer by which everything that is logged shows up beside the progress of the run. */
export const layer = (progress: Progress, format: LogFormat, verbose: boolean): Layer.Layer<never> => {
  const logger = Logger.make<unknown, void>(({ cause, date, fiber, logLevel, message }) => {
    const annotations = fiber.getRef(References.CurrentLogAnnotations)
    const text = messageOf(message, cause)
    if (format === "json") {
      const line = { at: date.toISOString(), level: logLevel.toLowerCase(), ...annotations, message: text }
      return progress.write(JSON.stringify(line))
    }
    const { attempt, node } = annotations
    if (typeof node !== "string") return progress.write(`${wordOf(logLevel)}${text}`)
    for (const line of text.split("\n")) {
      progress.log({
        nodeId: node,
        attempt: Number(attempt ?? 1),
        atMillis: date.getTime(),
        text: `${wordOf(logLevel)}${line}`
      })
    }
  })
  const level = Layer.succeed(References.MinimumLogLevel, verbose ? "Debug" : "Info")
  return Layer.merge(Logger.layer([logger]), level)
}
