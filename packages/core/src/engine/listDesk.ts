/** The lists that the nodes of one run are mapped over: how long they are, and what is in those that are kept outside the log. */
import { ForEach, type NodeError, type NodeState, type RunState, type StoreError } from "@dagflow/protocol"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as ErrorDescription from "../action/ErrorDescription.ts"
import type { ListLength } from "../decide/knownActions.ts"
import { type AtHand, ReadScope } from "../decide/readScope.ts"
import type { RunStore } from "../store/RunStore.ts"
import type { ArtifactStub } from "../action/artifactStub.ts"
import { loadArtifact } from "./artifact.ts"
import { findList, type FoundList, valueAt } from "./findList.ts"

type Node = NodeState.NodeState

/** What the desk needs of its run. */
export interface ListDeskOptions {
  readonly state: RunState.RunState
  readonly store: RunStore
  readonly context: Context.Context<never>
  readonly persist: <A>(operation: Effect.Effect<A, StoreError>) => Effect.Effect<A, StoreError>
  /** The list of a node has been read. */
  readonly arrived: (node: Node) => void
}

const plain = (text: string): string => text

const failed = (cause: NodeError.FailureCause, message: string): ListLength => ({
  _tag: "Failed",
  error: ErrorDescription.make(cause, message, plain)
})

/** How messages call a value that is no list. */
const kindOf = (value: Schema.Json): string => {
  if (value === null) return "null"
  return typeof value === "object" ? "an object" : `a ${typeof value}`
}

const nameOf = ({ spec }: Node): string => {
  const items = spec.forEach?.items
  if (ForEach.isMade(items)) return `"${items.expression}"`
  return items !== undefined && "ref" in items ? `"${items.ref}"` : "its list"
}

const missing = (node: Node): ListLength =>
  failed(
    "MissingReference",
    `${nameOf(node)} has no value: give the reference a default, or see why it is missing`
  )

const noList = (node: Node, value: Schema.Json): NodeError.NodeError =>
  ErrorDescription.make(
    "NoList",
    `node "${node.spec.id}" is mapped over ${nameOf(node)}, which is ${kindOf(value)} and no list`,
    plain
  )

const lengthOf = (node: Node, found: Exclude<FoundList, { readonly _tag: "Stored" }>): ListLength => {
  switch (found._tag) {
    case "Values":
      return { _tag: "Known", count: found.values.length }
    case "Bindings":
      return { _tag: "Known", count: found.bindings.length }
    case "Items":
      return { _tag: "Known", count: found.nodes.length }
    case "Missing":
      return missing(node)
    case "NoList":
      return { _tag: "Failed", error: noList(node, found.value) }
  }
}

const lengthOfMade = (made: MadeList): ListLength =>
  Result.isSuccess(made)
    ? { _tag: "Known", count: made.success.length }
    : { _tag: "Failed", error: made.failure }

/** What an expression made of the data of the run. */
export type MadeList = Result.Result<ReadonlyArray<Schema.Json>, NodeError.NodeError>

/** Artifacts that are fetched at once for one list. */
const fetchesMax = 8

/** The lists of one run. */
export class ListDesk {
  readonly #options: ListDeskOptions
  /** Lists that are being read, or have been and not been asked for since. */
  readonly #lengths = new Map<Node, ListLength>()
  /** Values outside the log that hold a list whose items go on, by their hash: each item takes its part of it. */
  readonly #shelf = new Map<string, Schema.Json>()
  /** Lists that expressions have made, for the items that take their parts of them. */
  readonly #made = new WeakMap<Node, ReadonlyArray<Schema.Json>>()
  readonly #fibers = new Set<Fiber.Fiber<unknown, unknown>>()

  constructor(options: ListDeskOptions) {
    this.#options = options
  }

  /** How long the list of a node is; one that is kept outside the log is read first, and `arrived` tells when it is there. */
  lengthOf(node: Node): ListLength {
    const known = this.#lengths.get(node)
    if (known !== undefined) {
      if (known._tag !== "Awaited") this.#lengths.delete(node)
      return known
    }
    const items = node.spec.forEach?.items
    if (items === undefined) return missing(node)
    if (ForEach.isMade(items)) return this.#lengthOfMade(node, items)
    const found = findList(this.#options.state, node, items)
    return found._tag === "Stored" ? this.#read(node, found) : lengthOf(node, found)
  }

  /** The list that an expression has made for a node, if it is at hand; the expression is evaluated once. */
  madeFor(node: Node): ReadonlyArray<Schema.Json> | undefined {
    return this.#made.get(node)
  }

  /** Makes the list of a node of the data of the run, once what is kept outside the log has been fetched. */
  make(node: Node, { expression }: ForEach.MadeList): Effect.Effect<MadeList, StoreError> {
    const { persist, state, store } = this.#options
    const stubs = new ReadScope(state, node).stubsOf(expression)
    const fetched = Effect.forEach(
      stubs,
      (stub) => Effect.map(persist(loadArtifact(store, stub)), (value) => [stub.$artifact, value] as const),
      { concurrency: fetchesMax }
    )
    return Effect.map(fetched, (values) => this.#evaluate(node, expression, new Map(values)))
  }

  /** Fetches what is kept outside the log. What the items of a list take their parts of is fetched once. */
  load(stub: ArtifactStub, node: Node): Effect.Effect<Schema.Json, StoreError> {
    const { persist, store } = this.#options
    const known = this.#shelf.get(stub.$artifact)
    if (known !== undefined) return Effect.succeed(known)
    const fetched = persist(loadArtifact(store, stub))
    return node.list === undefined
      ? fetched
      : Effect.tap(fetched, (whole) => Effect.sync(() => this.#shelf.set(stub.$artifact, whole)))
  }

  /** A list is done with: what was kept at hand for its items may go. */
  forget(): void {
    this.#shelf.clear()
  }

  /** Lets everything go. */
  close(): void {
    this.#shelf.clear()
    for (const fiber of this.#fibers) fiber.interruptUnsafe()
  }

  #evaluate(node: Node, expression: string, atHand: AtHand): MadeList {
    const made = new ReadScope(this.#options.state, node, atHand).make(expression)
    if (Result.isFailure(made)) return Result.fail(made.failure)
    const list = made.success
    if (!Array.isArray(list)) return Result.fail(noList(node, list))
    this.#made.set(node, list)
    return Result.succeed(list)
  }

  #lengthOfMade(node: Node, made: ForEach.MadeList): ListLength {
    const { expression } = made
    const isAtHand = new ReadScope(this.#options.state, node).stubsOf(expression).length === 0
    if (isAtHand) return lengthOfMade(this.#evaluate(node, expression, new Map()))
    return this.#await(node, this.make(node, made), lengthOfMade)
  }

  #read(node: Node, { path, standIn, stub }: FoundList & { readonly _tag: "Stored" }): ListLength {
    const { persist, store } = this.#options
    return this.#await(node, persist(loadArtifact(store, stub)), (whole) => {
      const value = valueAt(whole, path) ?? standIn
      this.#shelf.set(stub.$artifact, whole)
      if (value === undefined) return missing(node)
      return Array.isArray(value)
        ? { _tag: "Known", count: value.length }
        : { _tag: "Failed", error: noList(node, value) }
    })
  }

  /** Answers that a list is awaited, and tells once it is there how long it is. */
  #await<A>(node: Node, list: Effect.Effect<A, StoreError>, length: (list: A) => ListLength): ListLength {
    const { arrived, context } = this.#options
    const awaited: ListLength = { _tag: "Awaited" }
    this.#lengths.set(node, awaited)
    const fiber = Effect.runForkWith(context)(list)
    this.#fibers.add(fiber)
    fiber.addObserver((exit) => {
      this.#fibers.delete(fiber)
      if (Exit.isFailure(exit)) {
        const error = ErrorDescription.fromCause(exit.cause, plain)
        // Without an error it was interrupted: the run is not this process's any more.
        if (error === undefined) return
        this.#lengths.set(node, { _tag: "Failed", error })
      } else this.#lengths.set(node, length(exit.value))
      arrived(node)
    })
    return awaited
  }
}
