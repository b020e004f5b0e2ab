/** Planning anew where something failed: the failure of a node goes to a planner, whose turns may do what is needed instead. */
import { Hook } from "@dagflow/core"
import type { Command, Event, NodeError, RunReport } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { cut } from "./internal/inspect.ts"
import { freeIds } from "./internal/growth.ts"
import { Ledger } from "./internal/ledger.ts"
import { turnMark } from "./internal/turnMark.ts"
import type { Planner } from "./Planner.ts"

/** A node that failed for good. */
export interface Failure {
  readonly nodeId: string
  readonly action: string
  readonly error: NodeError.NodeError
}

/** How a recovery is set up. */
export interface Options {
  /** Name of the hook; unique in a process. */
  readonly name: string
  /** Who is asked what to do. Its layer has to be provided as well. */
  readonly planner: Pick<Planner<string, never>, "turn">
  /**
   * Which failures are its business; default: all but those of nodes that turns of its planner added. A turn of its planner never is
   * asked about: what fails there cannot be mended by asking it.
   */
  readonly when?: (failure: Failure) => boolean
  /** What the planner is told; default: which node failed, and with which error. */
  readonly prompt?: (failure: Failure) => string
  /** Recoveries in one run, 1 or more; later failures are left to the flow's policy. Default 3. */
  readonly roundsMax?: number
}

/**
 * Makes a hook that answers the final failure of a node with a turn of a planner. The failure then counts as handled: no policy
 * fires, and the run ends by what the recovery does.
 *
 * **Example**
 * ```ts
 * const recovery = RecoveryHook.make({ name: "recovery", planner: agent, when: ({ action }) => action === "deploy" })
 * ```
 */
export const make = (options: Options): Hook.Hook => {
  const ledger = new Ledger(options.name)
  return Hook.make({
    name: options.name,
    on: ["NodeFailed"],
    handle: ({ event }, { report }) =>
      event._tag === "NodeFailed" && event.retryAtMillis === undefined && event.handling !== true
        ? Effect.map(report, (shown) => recover(options, ledger, event, shown))
        : [],
    onComplete: (_, { runId }) => ledger.close(runId)
  })
}

// -- internal -------------------------------------------------------------------------------------------------------

/** Longest part of an error's message that the planner is told. */
const messageMax = 2000

const describe = ({ action, error, nodeId }: Failure): string =>
  `Node "${nodeId}" (action "${action}") has failed with ${error.tag}: ${cut(error.message, messageMax)}\n` +
  "Do what is needed instead."

const recover = (
  options: Options,
  ledger: Ledger,
  event: Event.EventOf<"NodeFailed">,
  report: RunReport.RunReport
): ReadonlyArray<Command.Command> => {
  const { planner, prompt = describe, roundsMax = 3, when } = options
  const action = planner.turn.name
  const failed = report.nodes.find((node) => node.nodeId === event.nodeId)
  if (failed === undefined) return []
  // Its own failure cannot be mended by asking it.
  if (failed.action === action) return []
  const failure: Failure = { nodeId: failed.nodeId, action: failed.action, error: event.error }
  // What its turns have added is told to it by its own hook, unless somebody says that it is the recovery's business.
  const isMeant = when === undefined ? failed.grownBy?.hook !== action : when(failure)
  // Two nodes may fail at the same time, and neither recovery is in the report of the other.
  if (!isMeant || ledger.spent(report).nodes >= roundsMax) return []
  const id = freeIds(new Set(report.nodes.map((node) => node.nodeId)))(`${failed.nodeId}_recovery`)
  ledger.grant(report.runId, { nodeId: id, turns: 0, nodes: 1 })
  return [
    {
      _tag: "AddNode",
      node: {
        ...turnMark(planner.turn)?.turns,
        id,
        action,
        dependencies: [failed.nodeId],
        inputs: { prompt: { value: prompt(failure) } }
      }
    }
  ]
}
