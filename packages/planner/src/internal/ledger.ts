/**
 * What a planner has used up in a run: what its report shows, and growth that was granted and that the report does not show
 * yet, since turns of two conversations may end at the same time.
 */
import type { RunReport } from "@dagflow/protocol"
import type { Spent } from "../Guard.ts"

interface Estimate {
  readonly tokens?: number | undefined
  readonly cost?: number | undefined
}

interface Grant {
  /** One of the nodes; once the run has it, it has them all. */
  readonly nodeId: string
  readonly turns: number
  readonly nodes: number
}

/** The ledger of one planner, for all runs of a process. */
export class Ledger {
  readonly #planner: string
  readonly #open = new Map<string, ReadonlyArray<Grant>>()
  /** Turns whose calls of other planners are collected, by run. */
  readonly #collected = new Map<string, Set<string>>()

  readonly #estimate: Estimate

  /** `estimate`: what a turn counts that has ended and has not told what it used. */
  constructor(planner: string, estimate: Estimate = {}) {
    this.#planner = planner
    this.#estimate = estimate
  }

  spent(report: RunReport.RunReport): Spent {
    const ids = new Set(report.nodes.map((node) => node.nodeId))
    const open = (this.#open.get(report.runId) ?? []).filter((grant) => !ids.has(grant.nodeId))
    this.#keep(report.runId, open)
    const turns = report.nodes.filter((node) => node.action === this.#planner).length
    const nodes = report.nodes.filter((node) => node.grownBy?.hook === this.#planner).length
    const spent = { turns, nodes, tokens: this.#used(report, "tokens"), cost: this.#used(report, "cost") }
    return open.reduce<Spent>(
      (sum, grant) => ({ ...sum, turns: sum.turns + grant.turns, nodes: sum.nodes + grant.nodes }),
      spent
    )
  }

  /** What was reported, and for turns that did not report the estimate: lost and failed ones have been paid for too. */
  #used({ nodes, totals }: RunReport.RunReport, resource: "tokens" | "cost"): number {
    const estimate = this.#estimate[resource] ?? 0
    const reported = totals.usage[resource] ?? 0
    if (estimate === 0) return reported
    const silent = nodes
      .filter((node) => node.action === this.#planner && node.cachedAtMillis === undefined)
      .flatMap(({ attempts }) => attempts)
      .filter(({ endedAtMillis, usage }) => endedAtMillis !== undefined && usage?.[resource] === undefined)
    return reported + silent.length * estimate
  }

  grant(runId: string, grant: Grant): void {
    this.#keep(runId, [...(this.#open.get(runId) ?? []), grant])
  }

  /** Whether nobody has asked this of a turn before: two calls of it may be over at the same time. */
  isFirst(runId: string, turn: string): boolean {
    const asked = this.#collected.get(runId) ?? new Set()
    if (asked.has(turn)) return false
    this.#collected.set(runId, asked.add(turn))
    return true
  }

  /** Forgets a run that has ended. */
  close(runId: string): void {
    this.#open.delete(runId)
    this.#collected.delete(runId)
  }

  #keep(runId: string, grants: ReadonlyArray<Grant>): void {
    if (grants.length === 0) this.#open.delete(runId)
    else this.#open.set(runId, grants)
  }
}
