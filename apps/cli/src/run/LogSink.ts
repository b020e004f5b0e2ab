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

const partsOf = (message: unknown): ReadonlyArray<unknown> => (Array.isArray(message) ? message : [message])

const messageOf = (parts: ReadonlyArray<unknown>, cause: Cause.Cause<unknown>): string => {
  const texts = parts.map(textOf)
  if (cause.reasons.length > 0) texts.push(Cause.pretty(cause))
  return texts.join(" ")
}

/** An object beside the message, which whoever reads JSON wants as it is. */
const isDetails = (part: unknown): part is object =>
  typeof part === "object" && part !== null && Object.getPrototypeOf(part) === Object.prototype

/** A line of JSON; what JSON cannot hold is told as a text. */
const jsonOf = (line: object, parts: ReadonlyArray<unknown>, cause: Cause.Cause<unknown>): string => {
  try {
    const message = messageOf(
      parts.filter((part) => !isDetails(part)),
      cause
    )
    return JSON.stringify({ ...line, message, ...detailsOf(parts) })
  } catch {
    // A cycle, or a number that is too large: its name has to do.
    return JSON.stringify({ ...line, message: messageOf(parts, cause) })
  }
}

const detailsOf = (parts: ReadonlyArray<unknown>): { readonly details?: object } => {
  const details = parts.filter(isDetails)
  return details.length === 0 ? {} : { details: Object.assign({}, ...details) as object }
}

const wordOf = (level: string): string => (level === "Info" ? "" : `${level.toUpperCase()} `)

/** A layer by which everything that is logged shows up beside the progress of the run. */
export const layer = (progress: Progress, format: LogFormat, verbose: boolean): Layer.Layer<never> => {
  const logger = Logger.make<unknown, void>(({ cause, date, fiber, logLevel, message }) => {
    const annotations = fiber.getRef(References.CurrentLogAnnotations)
    const parts = partsOf(message)
    if (format === "json") {
      const line = { at: date.toISOString(), level: logLevel.toLowerCase(), ...annotations }
      return progress.write(jsonOf(line, parts, cause))
    }
    // What has an event is shown by the progress, which tells of events.
    if (typeof annotations["dagflow.sequence"] === "number") return
    const text = messageOf(parts, cause)
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
