/** Waiting for a while, as a node. */
import { Action } from "@dagflow/core"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const fromInput = (value: string | number): Option.Option<Duration.Duration> =>
  Duration.fromInput(value as Duration.Input)

const isWait = (value: string | number): boolean =>
  Option.exists(fromInput(value), (duration) => Number.isFinite(duration.pipe(Duration.toMillis)))

/** A finite length of time: milliseconds, or a number and a unit such as `"90 seconds"`. */
const Wait = Schema.Union([Schema.String, Schema.Finite]).pipe(
  Schema.check(
    Schema.makeFilter(
      (value: string | number) =>
        isWait(value) || `write milliseconds, or a number and a unit such as "90 seconds"`
    )
  )
)

/** What the action takes. */
export const Input = Schema.Struct({
  duration: Wait.annotate({
    description: `How long to wait: milliseconds, or a number and a unit such as "90 seconds" or "2 minutes".`
  })
})

/** What the action gives. */
export const Output = Schema.Struct({
  sleptMillis: Schema.Finite.annotate({ description: "The wait in milliseconds." })
})

/**
 * Makes the action `sleep`, which waits and then gives how long it waited. Negative waits count as none.
 *
 * **Gotchas**
 * The attempt holds a slot of the run while it waits. After a crash the node waits its whole time again.
 */
export const make = () =>
  Action.make("sleep", {
    version: "1",
    description: "Waits for a while.",
    input: Input,
    output: Output,
    run: ({ duration }) => {
      const wait = Option.getOrElse(fromInput(duration), () => Duration.zero)
      return Effect.as(Effect.sleep(wait), { sleptMillis: Duration.toMillis(wait) })
    }
  })
