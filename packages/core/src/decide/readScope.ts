/** The data of a run as the expressions of one of its nodes read it. */
import { Expression, type NodeError, type NodeState, type RunState } from "@dagflow/protocol"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import { type ArtifactStub, isStub } from "../action/artifactStub.ts"
import { givenOutputs } from "./decideItems.ts"
import { visitSeenBy } from "./visitSeenBy.ts"

type Node = NodeState.NodeState

/** What is kept outside the log, by its hash, as far as it is at hand. */
export type AtHand = ReadonlyMap<string, Schema.Json>

/** Why an expression cannot be evaluated, as an error of its node. */
export const invalidExpression = (message: string): NodeError.NodeError => ({
  cause: "InvalidExpression",
  tag: "InvalidExpression",
  message,
  isRetryable: false
})

/** The data of a run as the expressions of one of its nodes read it. */
export class ReadScope {
  readonly #state: RunState.RunState
  readonly #node: Node
  readonly #atHand: AtHand

  constructor(state: RunState.RunState, node: Node, atHand: AtHand = new Map()) {
    this.#state = state
    this.#node = node
    this.#atHand = atHand
  }

  /** Evaluates a condition, or says as an error of the node why that cannot be done. */
  test(when: string): Result.Result<boolean, NodeError.NodeError> {
    const tested = Result.flatMap(this.#whole(when), () => Expression.test(when, this.#scope))
    return Result.mapError(tested, (message) => invalidExpression(`the condition ${message}`))
  }

  /** Makes a list. What is no list is given as it is; what is kept outside the log has to be at hand. */
  make(list: string): Result.Result<Schema.Json, NodeError.NodeError> {
    const made = Expression.evaluate(list, this.#scope)
    return Result.mapError(made, (message) => invalidExpression(`the list ${message}`))
  }

  /** What an expression reads that is kept outside the log and not at hand. */
  stubsOf(text: string): ReadonlyArray<ArtifactStub> {
    return this.#reads(text).flatMap(({ stubs }) => stubs)
  }

  get #scope(): Expression.Scope {
    const { inputs } = this.#state
    const outputs = (nodeId: string) => this.#outputs(nodeId)
    return { inputs, channels: this.#channels, outputs }
  }

  #seen(nodeId: string): Node | undefined {
    return visitSeenBy(this.#state, this.#node, nodeId)
  }

  #outputs(nodeId: string): Readonly<Record<string, Schema.Json>> | undefined {
    const given = givenOutputs(this.#seen(nodeId))
    if (given === undefined || this.#atHand.size === 0) return given
    return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, this.#filled(value)]))
  }

  /** A value in which what is at hand stands for itself. What the items of a list gave may each be kept outside. */
  #filled(value: Schema.Json): Schema.Json {
    if (isStub(value)) return this.#atHand.get(value.$artifact) ?? value
    return Array.isArray(value)
      ? value.map((one: Schema.Json) => (isStub(one) ? (this.#atHand.get(one.$artifact) ?? one) : one))
      : value
  }

  /** What the channels hold while the step goes on; one that has no value yet is not there. */
  get #channels(): Readonly<Record<string, Schema.Json>> {
    const held = [...(this.#node.seen?.channels ?? this.#state.channels)]
    return Object.fromEntries(
      held.flatMap(([name, { value }]) => (value === undefined ? [] : [[name, value]]))
    )
  }

  /** Outputs that an expression reads and that are kept outside the log, at least in part. */
  #reads(
    text: string
  ): ReadonlyArray<{ readonly use: Expression.Use; readonly stubs: ReadonlyArray<ArtifactStub> }> {
    const expression = Expression.compile(text)
    if (Result.isFailure(expression)) return []
    return expression.success.uses.flatMap((use) => {
      if (use._tag !== "Output") return []
      const node = this.#seen(use.nodeId)
      const outputs = givenOutputs(node) ?? {}
      const named = use.output === undefined ? Object.values(outputs) : [outputs[use.output]]
      const read = node?.items === undefined ? named : named.flat()
      const stubs = read
        .filter((value) => isStub(value))
        .filter(({ $artifact }) => !this.#atHand.has($artifact))
      return stubs.length === 0 ? [] : [{ use, stubs }]
    })
  }

  /** An output that is kept outside the log is not at hand, and what stands for it in the log is not the value. */
  #whole(when: string): Result.Result<void, string> {
    const use = this.#reads(when)[0]?.use
    if (use?._tag !== "Output") return Result.void
    const message = `"${when}": "${use.text}" is kept outside the log because of its size; let "${use.nodeId}" give a small output to decide by`
    return Result.fail(message)
  }
}
