/** The flows of a folder, to be listed and found by name and tag. */
import type { DefinitionError, FlowSpec } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import * as FlowYaml from "./FlowYaml.ts"

/** Flows by name. */
export interface FlowCatalog {
  /** Sorted by name. */
  readonly flows: ReadonlyArray<FlowSpec.FlowSpec>
  readonly byName: ReadonlyMap<string, FlowSpec.FlowSpec>
}

/** What a flow says about itself. */
export interface FlowMetadata {
  readonly name: string
  readonly description: string | undefined
  readonly author: string | undefined
  readonly version: string | undefined
  readonly signature: string | undefined
  readonly tags: ReadonlyArray<string>
  /** How many nodes the definition has. */
  readonly nodeCount: number
}

/** Makes a catalogue of flows; of several flows of one name the last one counts. */
export const make = (flows: Iterable<FlowSpec.FlowSpec>): FlowCatalog => {
  const named = new Map([...flows].map((flow) => [flow.name, flow]))
  const sorted = [...named.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  return { flows: sorted, byName: new Map(sorted.map((flow) => [flow.name, flow])) }
}

/**
 * Makes a catalogue of the flows of a folder.
 *
 * **Failures**
 * - `DefinitionError`, as of `FlowYaml.loadDirectory`: one bad file is enough, and its problems name it.
 */
export const load = (
  path: string,
  options?: FlowYaml.Options
): Effect.Effect<FlowCatalog, DefinitionError, FileSystem.FileSystem | Path.Path> =>
  Effect.map(FlowYaml.loadDirectory(path, options), make)

/** What the flows say about themselves, sorted by name. */
export const list = (catalog: FlowCatalog): ReadonlyArray<FlowMetadata> => catalog.flows.map(metadataOf)

/** The flow of a name. */
export const get = (catalog: FlowCatalog, name: string): FlowSpec.FlowSpec | undefined =>
  catalog.byName.get(name)

/** Whether there is a flow of a name. Names match as a whole, and upper and lower case differ. */
export const exists = (catalog: FlowCatalog, name: string): boolean => catalog.byName.has(name)

/** What the flow of a name says about itself. */
export const metadata = (catalog: FlowCatalog, name: string): FlowMetadata | undefined => {
  const flow = catalog.byName.get(name)
  return flow === undefined ? undefined : metadataOf(flow)
}

/** The flows that have a tag. Tags match as a whole, and upper and lower case differ: `etl` does not find `etl-daily`. */
export const withTag = (catalog: FlowCatalog, tag: string): ReadonlyArray<FlowSpec.FlowSpec> =>
  withAllTags(catalog, [tag])

/** The flows that have all of some tags; without tags, all flows. Tags match as they do in `withTag`. */
export const withAllTags = (
  catalog: FlowCatalog,
  tags: ReadonlyArray<string>
): ReadonlyArray<FlowSpec.FlowSpec> =>
  catalog.flows.filter((flow) => {
    const own = new Set(flow.tags)
    return tags.every((tag) => own.has(tag))
  })

/** All tags, each with the number of flows that have it, sorted by tag. */
export const tags = (catalog: FlowCatalog): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const flow of catalog.flows) {
    for (const tag of new Set(flow.tags)) counts.set(tag, (counts.get(tag) ?? 0) + 1)
  }
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}

// -- internal -------------------------------------------------------------------------------------------------------

const metadataOf = (flow: FlowSpec.FlowSpec): FlowMetadata => ({
  name: flow.name,
  description: flow.description,
  author: flow.author,
  version: flow.version,
  signature: flow.signature,
  tags: flow.tags ?? [],
  nodeCount: flow.nodes.length
})
