/** What is wrong with a schedule, in words that help to find out why. */
import type { Envelope } from "@dagflow/protocol"
import { nodesOf, type Scenario } from "./scenario/Scenario.ts"
import { shrink } from "./shrink.ts"
import { type Simulated, simulate } from "./Simulation.ts"
import type { Witness } from "./Witness.ts"

/** How schedules are run, and how somebody who reads of one that goes wrong runs it again. */
export interface Way {
  readonly simulate: (scenario: Scenario) => Promise<Simulated>
  /** The command that repeats the schedule of a seed. */
  readonly again: (seed: number) => string
}

/** In the simulated world, on the memory store. */
const usual: Way = {
  simulate,
  again: (seed) => `DAGFLOW_SEED=${seed} pnpm vitest run --project core simulation`
}

/** What is wrong with a schedule. A simulation that throws is wrong too. */
export const complaintsOf = async (scenario: Scenario, way: Way = usual): Promise<ReadonlyArray<string>> =>
  way.simulate(scenario).then(
    ({ complaints }) => complaints,
    (error: unknown) => [`the simulation throws ${error instanceof Error ? error.stack : String(error)}`]
  )

const line = ({ at, cause, epoch, event, sequence }: Envelope.Envelope): string => {
  const { _tag, ...rest } = event
  const details = _tag === "RunStarted" ? "" : JSON.stringify(rest).slice(0, 240)
  const source = cause === undefined ? "" : ` ${JSON.stringify(cause)}`
  return `${sequence} @${at} epoch ${epoch} ${_tag} ${details}${source}`
}

/** The log of a run, one event a line, its appends apart. */
const trace = ({ appends, log, runId }: Witness): string =>
  [
    `log of ${runId}:`,
    ...log.map((envelope) => (appends.includes(envelope.sequence) ? `${line(envelope)}\n` : line(envelope)))
  ].join("\n")

const traces = (simulated: Simulated): string => [...simulated.witnesses.values()].map(trace).join("\n")

/**
 * Says what is wrong with a schedule that goes wrong, with the command that repeats it and the smallest schedule found
 * that shows it.
 */
export const describeTrouble = async (
  scenario: Scenario,
  complaints: ReadonlyArray<string>,
  way: Way = usual
): Promise<string> => {
  const rule = complaints[0]?.replace(/^run-\d+: /, "").split(":")[0] ?? ""
  const smallest = await shrink(scenario, async (next) =>
    (await complaintsOf(next, way)).some((complaint) => complaint.replace(/^run-\d+: /, "").startsWith(rule))
  )
  const ids = new Set(nodesOf(smallest).flatMap(({ id }) => id ?? []))
  const scripts = Object.fromEntries(Object.entries(smallest.scripts).filter(([id]) => ids.has(id)))
  const shown = await way.simulate(smallest).then(traces, String)
  return [
    `seed ${scenario.seed} goes wrong; again: ${way.again(scenario.seed)}`,
    ...complaints.slice(0, 10),
    "the smallest schedule that breaks the same rule:",
    JSON.stringify({ ...smallest, scripts }),
    shown
  ].join("\n")
}
