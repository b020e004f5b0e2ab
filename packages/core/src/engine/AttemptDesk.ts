/** The attempts of one run that are in flight: they are started here, timed out, interrupted and let go. */
import type { NodeState, RunState, StoreError } from "@dagflow/protocol"
import type * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { ActionRegistry } from "../action/Actions.ts"
import { toReduce } from "../action/ChannelReducer.ts"
import { type CompiledAction, compiledAction } from "../action/compiledAction.ts"
import type { Report } from "../decide/decideReport.ts"
import type { RunStore } from "../store/RunStore.ts"
import type { Alarms } from "./Alarms.ts"
import { Attempt } from "./Attempt.ts"
import type { AttemptHost } from "./attemptHost.ts"
import type { Feed } from "./Feed.ts"
import { withNoting } from "./InsideRun.ts"
import type { Alarm } from "./Message.ts"
import type { SlotShare } from "./slotShare.ts"
import type { Telemetry } from "./Telemetry.ts"

/** What the desk needs of its run. */
export interface AttemptDeskOptions {
  readonly state: RunState.RunState
  readonly store: RunStore
  readonly context: Context.Context<never>
  readonly actions: ActionRegistry
  readonly feed: Feed
  readonly telemetry: Telemetry
  readonly alarms: Alarms<Alarm>
  readonly slots: SlotShare
  readonly report: (report: Report) => void
  readonly load: AttemptHost["load"]
  readonly lists: AttemptHost["lists"]
  readonly persist: <A>(operation: Effect.Effect<A, StoreError>) => Effect.Effect<A, StoreError>
}

/** The attempts of one run that are in flight. */
export class AttemptDesk {
  readonly #options: AttemptDeskOptions
  readonly #host: AttemptHost
  readonly #attempts = new Map<NodeState.NodeState, Attempt>()
  #freed = 0

  constructor(options: AttemptDeskOptions) {
    const { actions, context, feed, lists, load, persist, report, state, store, telemetry } = options
    this.#options = options
    const compiled = new Map<string, CompiledAction>()
    this.#host = {
      state,
      store,
      context: withNoting(context),
      isTraced: telemetry.isTracing,
      actionOf: (name) => {
        const known = compiled.get(name)
        if (known !== undefined) return known
        const action = actions.get(name)
        const made = action && compiledAction(action)
        if (made !== undefined) compiled.set(name, made)
        return made
      },
      reducerOf: (name) => {
        const reducer = actions.reducers.get(name)
        return reducer && toReduce(reducer)
      },
      report,
      isFollowed: () => feed.isFollowed,
      live: (message) => feed.show(message),
      persist,
      load,
      lists,
      around: (effect, node) => telemetry.aroundAttempt(effect, node)
    }
  }

  /** Starts the attempt that a `NodeStarted` event has made durable. */
  start(nodeId: string): void {
    const { alarms, state } = this.#options
    const node = state.byId.get(nodeId)
    if (node === undefined || !node.inFlight) return
    const attempt = new Attempt(this.#host, node)
    this.#attempts.set(node, attempt)
    const limit = node.spec.timeoutMillis ?? state.config.nodeTimeoutMillis
    if (limit !== undefined) {
      const startedAt = node.attempts.at(-1)?.startedAtMillis ?? 0
      alarms.set(startedAt + limit, { _tag: "AttemptTimeout", node, attempt: attempt.number })
    }
    attempt.start()
  }

  /** Takes note that an attempt has reported. */
  settle(report: Report): void {
    const attempt = this.#attempts.get(report.node)
    if (attempt?.number !== report.attempt) return
    this.#attempts.delete(report.node)
    this.#freed++
  }

  /** The attempt has reached its time-out: it is interrupted, and given up once the grace period is over. */
  timeOut(node: NodeState.NodeState, number: number): void {
    if (node.attempt !== number) return
    const limit = node.spec.timeoutMillis ?? this.#options.state.config.nodeTimeoutMillis ?? 0
    this.interrupt(node, "timeout", (node.attempts.at(-1)?.startedAtMillis ?? 0) + limit)
  }

  /** Interrupts the attempt of a node, if one is in flight. */
  interrupt(node: NodeState.NodeState, why: "timeout" | "cancel", atMillis: number): void {
    const attempt = this.#attempts.get(node)
    if (attempt === undefined) return
    const { alarms, state } = this.#options
    attempt.interrupt(why)
    alarms.set(atMillis + state.config.cancelGraceMillis, {
      _tag: "GraceOver",
      node,
      attempt: attempt.number
    })
  }

  /** Interrupts everything that is in flight. */
  interruptAll(atMillis: number): void {
    for (const node of this.#attempts.keys()) this.interrupt(node, "cancel", atMillis)
  }

  /** The grace period of an attempt is over. */
  abandon(node: NodeState.NodeState, number: number): void {
    const attempt = this.#attempts.get(node)
    if (attempt?.number === number) attempt.abandon()
  }

  /** Gives the slots of attempts that have ended back to the engine. */
  releaseSlots(): void {
    if (this.#freed === 0) return
    this.#options.slots.release(this.#freed)
    this.#freed = 0
  }

  /** Lets everything go that is in flight, without a report. */
  close(): void {
    const attempts = [...this.#attempts.values()]
    this.#attempts.clear()
    for (const attempt of attempts) attempt.drop()
    this.#freed += attempts.length
    this.releaseSlots()
  }
}
