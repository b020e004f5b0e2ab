/** When a wait of a flow ends without an answer. */
import type { NodeOutput } from "@dagflow/core"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { durationOf, TimeSpan } from "../sleep/timeSpan.ts"

const isMoment = (value: string | number): boolean => Option.isSome(DateTime.make(value))

/** A moment: a date as text, such as `2027-01-31T09:00:00Z`, or milliseconds since 1970. */
const Moment = Schema.Union([Schema.String, Schema.Finite]).pipe(
  Schema.check(
    Schema.makeFilter(
      (value: string | number) =>
        isMoment(value) || `write a date such as "2027-01-31T09:00:00Z", or milliseconds since 1970`
    )
  )
)

/** Inputs that say when a wait ends. */
export const timeFields = {
  timeout: Schema.optionalKey(
    TimeSpan.annotate({ description: `How long it waits at most: a text such as "90s" or "2 days".` })
  ),
  until: Schema.optionalKey(
    Moment.annotate({
      description: `Until when it waits at most: a date such as "2027-01-31T09:00:00Z", or milliseconds since 1970.`
    })
  )
}

/** What inputs say about when a wait ends. */
export interface TimeInput {
  readonly timeout?: string | number
  readonly until?: string | number
}

/** When a wait ends; `undefined` when nobody said so. Both at once are left to the engine to refuse. */
export const timeOf = ({ timeout, until }: TimeInput): NodeOutput.WaitTime | undefined => {
  if (timeout === undefined && until === undefined) return undefined
  const millis = Option.map(DateTime.make(until ?? Number.NaN), DateTime.toEpochMillis)
  return {
    ...(timeout !== undefined && { timeout: durationOf(timeout) }),
    ...(until !== undefined && { until: Option.getOrElse(millis, () => Number.NaN) })
  } as NodeOutput.WaitTime
}
