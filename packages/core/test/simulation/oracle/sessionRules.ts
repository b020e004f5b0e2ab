/** What holds of a run that continues another one: it begins with the durable channels that the other one left. */
import { isDeepStrictEqual } from "node:util"
import type { Model } from "./Model.ts"
import { on, type Rule } from "./Rule.ts"

/** The run that another one continues. */
export interface RunBefore {
  readonly runId: string
  readonly model: Model
}

/** Judges what a run begins with that has to continue another one, or none. */
export const sessionRule = (before: RunBefore | undefined): Rule =>
  on(["RunStarted"], ({ complain, event }) => {
    const { continues } = event
    if (before === undefined) {
      if (continues !== undefined)
        complain("sessions", `it continues "${continues.runId}", and nobody asked for it`)
      return
    }
    const { model, runId } = before
    if (model.terminal === undefined) complain("sessions", `it continues "${runId}", which has not ended`)
    const durable = Object.entries(event.flow.channels ?? {}).filter(([, { scope }]) => scope !== "run")
    const channels = Object.fromEntries(durable.map(([name]) => [name, model.channels.atEnd(name)] as const))
    const expected = { runId, step: model.step.number, channels }
    if (!isDeepStrictEqual(continues, expected))
      complain("sessions", `it begins with ${JSON.stringify(continues)}, not ${JSON.stringify(expected)}`)
  })
