/** Which run, and which attempt, the running code works for. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as References from "effect/References"

/** Which run, and which attempt, the running code works for. */
export interface InsideRunShape {
  readonly runId: string
  /** Takes note of a line that the attempt's code logged. */
  readonly note: ((message: string) => void) | undefined
}

/** Which run the running code works for; `undefined` outside of actions and hooks. */
export const InsideRun: Context.Reference<InsideRunShape | undefined> = Context.Reference<
  InsideRunShape | undefined
>("@dagflow/core/InsideRun", { defaultValue: () => undefined })

const textOf = (message: unknown): string =>
  (Array.isArray(message) ? message : [message])
    .map((part) => (typeof part === "string" ? part : (JSON.stringify(part) ?? String(part))))
    .join(" ")

/** Shows what the code of an attempt logs to the attempt, beside the loggers that are there. */
const noting = Logger.make<unknown, void>(({ fiber, message }) => {
  fiber.getRef(InsideRun)?.note?.(textOf(message))
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
  details: Readonly<Record<string, unknown>> | undefined
): void => {
  Effect.runForkWith(context)(
    details === undefined ? Effect.logInfo(message) : Effect.logInfo(message, details)
  )
}
