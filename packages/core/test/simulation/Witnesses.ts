/** All that is known of the runs of a schedule: those that somebody starts, and those that they go on as. */
import type { StoredEvent } from "@dagflow/protocol"
import type { AppendSource } from "./oracle/appendRules.ts"
import type { Kin } from "./oracle/kinRules.ts"
import { Witness } from "./Witness.ts"
import type { VirtualProcess } from "./world/VirtualProcess.ts"

/** The place of a run, whatever attempt it is: that of its nodes, from the run that somebody started on. */
const placeOf = (runId: string): string => runId.replaceAll(/\/\d+(?=\/|$)/g, "")

/** All that is known of the runs of a schedule. */
export class Witnesses {
  /** Every run that there is, by its id. */
  readonly all = new Map<string, Witness>()
  /** The runs that somebody starts, in their order. */
  readonly roots: ReadonlyArray<string>
  readonly #proposed: ReadonlySet<string>
  /** Runs that have left word for their parents. */
  readonly #told = new Set<string>()
  readonly #kin: Kin = {
    find: (runId) => {
      const model = this.all.get(runId)?.oracle.model
      return model !== undefined && model.sequence > 0 ? model : undefined
    },
    isTold: (runId) => this.#told.has(runId)
  }

  /** `isSession`: each run continues the one before. */
  constructor(roots: ReadonlyArray<string>, proposed: ReadonlySet<string>, isSession: boolean) {
    this.roots = roots
    this.#proposed = proposed
    for (const [at, runId] of roots.entries()) {
      const before = isSession ? this.all.get(roots[at - 1] ?? "") : undefined
      this.all.set(runId, new Witness(runId, proposed, this.#kin, before))
    }
  }

  get(runId: string): Witness | undefined {
    return this.all.get(runId)
  }

  /** Takes in what has become durable of a run, also of one that nobody knew of. */
  accept(
    process: VirtualProcess,
    runId: string,
    events: ReadonlyArray<StoredEvent>,
    source: AppendSource
  ): void {
    let witness = this.all.get(runId)
    if (witness === undefined) {
      witness = new Witness(runId, this.#proposed, this.#kin)
      this.all.set(runId, witness)
    }
    witness.accept(process, events, source)
  }

  /** Takes in that mail has become durable. */
  noteMail(id: string): void {
    if (id.endsWith(":end")) this.#told.add(id.slice(0, -":end".length))
  }

  /** The runs below a run that have not ended, in the order in which they were created. */
  goingOnBelow(runId: string): ReadonlyArray<Witness> {
    return [...this.all.values()].filter((one) => one.runId.startsWith(`${runId}/`) && !one.isEnded)
  }

  /** How often a node has failed by itself, in all the runs that were tried one after the other in the same place. */
  failuresOf(runId: string, nodeId: string): number {
    const place = placeOf(runId)
    return [...this.all.values()]
      .filter((one) => placeOf(one.runId) === place)
      .reduce((total, { oracle }) => total + (oracle.model.nodes.get(nodeId)?.failures ?? 0), 0)
  }
}
