import * as Context from "effect/Context"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"

/** Key under which code can find out which run it works for. */
export const insideRunKey = "@dagflow/core/InsideRun"

/** What belongs to the attempt that runs, or to the hook that is asked, and not to where actions and hooks were registered. */
const ofTheCaller: ReadonlyArray<string> = [
  insideRunKey,
  References.CurrentLoggers.key,
  References.CurrentLogAnnotations.key,
  References.CurrentLogSpans.key,
  Tracer.ParentSpanKey
]

/** The services of an environment, without what would hide the attempt from loggers and tracers. */
export const servicesOf = <R>(context: Context.Context<R>): Context.Context<R> => {
  if (!ofTheCaller.some((key) => context.mapUnsafe.has(key))) return context
  const services = new Map(context.mapUnsafe)
  for (const key of ofTheCaller) services.delete(key)
  return Context.makeUnsafe(services)
}
