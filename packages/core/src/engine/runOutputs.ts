/** What a run gives: the outputs of some of its nodes, whole, wherever they are kept. */
import type { NodeState, RunState, StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { RunStore } from "../store/RunStore.ts"
import { isStub } from "../action/artifactStub.ts"
import { hasStub, loadArtifact } from "./artifact.ts"
import { itemsBehind } from "../decide/decideItems.ts"

type Outputs = Readonly<Record<string, Schema.Json>>

/** The nodes whose outputs a run gives when its flow does not name any: those that nothing depends on. */
export const leaves = (state: RunState.RunState): Readonly<Record<string, string>> =>
  Object.fromEntries(
    state.nodes
      .filter((node) => node.dependents.length === 0 && node.outputs !== undefined && node.list === undefined)
      .map((node) => [node.spec.id, node.spec.id])
  )

/** Fetches the outputs of the named nodes; most have none that is large, and are given as they are. */
export const outputsOf = (
  store: RunStore,
  state: RunState.RunState,
  returns: Readonly<Record<string, string>>
): Effect.Effect<Readonly<Record<string, unknown>>, StoreError> =>
  Effect.suspend(() => {
    const given: Record<string, Outputs> = {}
    const open: Array<readonly [string, NodeState.NodeState]> = []
    for (const key in returns) {
      const node = state.byId.get(returns[key] ?? "")
      given[key] = node?.outputs ?? {}
      if (node !== undefined && (node.items !== undefined || hasStub(node.outputs ?? {})))
        open.push([key, node])
    }
    if (open.length === 0) return Effect.succeed(given)
    const fetched = Effect.forEach(open, ([key, node]) =>
      Effect.map(whole(store, node), (outputs) => [key, outputs] as const)
    )
    return Effect.map(fetched, (entries) => ({ ...given, ...Object.fromEntries(entries) }))
  })

// -- internal -------------------------------------------------------------------------------------------------------

const load = (store: RunStore, value: Schema.Json): Effect.Effect<Schema.Json, StoreError> =>
  isStub(value) ? loadArtifact(store, value) : Effect.succeed(value)

/** The outputs of a node, with the large ones fetched and those of its items as lists. */
const whole = (store: RunStore, node: NodeState.NodeState): Effect.Effect<Outputs, StoreError> =>
  Effect.map(
    Effect.forEach(Object.entries(node.outputs ?? {}), ([name, value]) => {
      const items = itemsBehind(node, name)
      const values =
        items === undefined
          ? load(store, value)
          : Effect.forEach(items, (item) => load(store, item.outputs?.[name] ?? null))
      return Effect.map(values, (loaded: Schema.Json) => [name, loaded] as const)
    }),
    Object.fromEntries<Schema.Json>
  )
