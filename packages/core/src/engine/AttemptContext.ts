import type { NodeState, RunState } from "@dagflow/protocol"
import type * as Schema from "effect/Schema"
import type { ActionContext } from "../action/ActionContext.ts"
import { sharedJson } from "../action/frozenJson.ts"
import { dependencyOutputs } from "./resolveInputs.ts"

/** What an attempt does for its context. */
export interface AttemptServices {
  readonly log: (message: string, details?: Readonly<Record<string, unknown>>) => void
  readonly emit: (value: Schema.Json) => void
  readonly signal: () => AbortSignal
}

/** The context of one attempt. What an action seldom asks for is made when it does. */
export class AttemptContext implements ActionContext {
  readonly nodeId: string
  readonly attempt: number
  readonly #state: RunState.RunState
  readonly #node: NodeState.NodeState
  readonly #services: AttemptServices

  constructor(state: RunState.RunState, node: NodeState.NodeState, services: AttemptServices) {
    this.nodeId = node.spec.id
    this.attempt = node.attempt
    this.#state = state
    this.#node = node
    this.#services = services
  }

  get runId(): string {
    return this.#state.runId
  }

  get flow(): string {
    return this.#state.flow?.name ?? ""
  }

  get idempotencyKey(): string {
    return `${this.#state.runId}/${this.nodeId}`
  }

  get instructions(): string | undefined {
    return this.#node.spec.instructions
  }

  get metadata(): Readonly<Record<string, Schema.Json>> {
    return sharedJson(this.#node.spec.metadata ?? {})
  }

  get runInputs(): Readonly<Record<string, Schema.Json>> {
    const declared = this.#state.flow?.inputs ?? {}
    return Object.fromEntries(
      Object.entries(sharedJson(this.#state.inputs)).filter(([name]) => declared[name]?.secret !== true)
    )
  }

  get dependencies(): ActionContext["dependencies"] {
    return dependencyOutputs(this.#state, this.#node)
  }

  get signal(): AbortSignal {
    return this.#services.signal()
  }

  get log(): ActionContext["log"] {
    return (message, details) => this.#services.log(message, details)
  }

  get emit(): ActionContext["emit"] {
    return (value) => this.#services.emit(value)
  }

  get failed(): ActionContext["failed"] {
    const { attempts, error, handling } = this.#node
    if (!handling || error === undefined) return undefined
    const tries = attempts.filter((attempt) => attempt.role === "action").length
    return { tag: error.tag, message: error.message, attempts: tries }
  }
}
