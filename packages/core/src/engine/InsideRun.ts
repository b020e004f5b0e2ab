/** Which run, and which attempt, the running code works for. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Result from "effect/Result"
import { insideRunKey } from "../action/servicesOf.ts"

/** What a line of a log may carry besides its text. */
export type LogDetails = Readonly<Record<string, unknown>>

/** Which run, and which attempt, the running code works for. */
export interface InsideRunShape {
  readonly runId: string
  /** Takes note of a line that the attempt's code logged, and of the details that came with it. */
  readonly note: ((message: string, details: LogDetails | undefined) => void) | undefined
}

/** Which run the running code works for; `undefined` outside of actions and hooks. */
export const InsideRun: Context.Reference<InsideRunShape | undefined> = Context.Reference<
  InsideRunShape | undefined
>(insideRunKey, { defaultValue: () => undefined })

/** Anything as text; what JSON cannot write is named by its own words. */
export const textOf = (part: unknown): string => {
  if (typeof part === "string") return part
  if (part instanceof Error) return String(part)
  const written = Result.try(() => (JSON.stringify(part) as string | undefined) ?? String(part))
  return Result.getOrElse(written, () => Object.prototype.toString.call(part))
}

const isDetails = (part: unknown): part is LogDetails =>
  typeof part === "object" && part !== null && Object.getPrototypeOf(part) === Object.prototype

/** Shows what the code of an attempt logs to the attempt, beside the loggers that are there. */
const noting = Logger.make<unknown, void>(({ fiber, message }) => {
  const note = fiber.getRef(InsideRun)?.note
  if (note === undefined) return
  const parts: ReadonlyArray<unknown> = Array.isArray(message) ? message : [message]
  const last = parts.at(-1)
  if (parts.length > 1 && isDetails(last)) note(parts.slice(0, -1).map(textOf).join(" "), last)
  else note(parts.map(textOf).join(" "), undefined)
})

/** An environment in which loggers note the lines of attempts. */
export const withNoting = (context: Context.Context<never>): Context.Context<never> => {
  const loggers = Context.get(context, References.CurrentLoggers)
  return Context.add(context, References.CurrentLoggers, new Set([...loggers, noting]))
}

/** The environment of code that works for a run: its log lines carry these annotations. */
export const insideRun = (
  context: Context.Context<never>,
  inside: InsideRunShape,
  annotations: Readonly<Record<string, unknown>>
): Context.Context<never> =>
  Context.add(Context.add(context, InsideRun, inside), References.CurrentLogAnnotations, {
    ...Context.get(context, References.CurrentLogAnnotations),
    ...annotations
  })

/** Logs a line as the code of an attempt or a hook does. */
export const log = (
  context: Context.Context<never>,
  message: string,
  details: LogDetails | undefined
): void => {
  Effect.runForkWith(context)(
    details === undefined ? Effect.logInfo(message) : Effect.logInfo(message, details)
  )
}
