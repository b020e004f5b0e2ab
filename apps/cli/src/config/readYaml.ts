import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import type { Flow } from "@dagflow/core"
import type { FlowSpec, Problem } from "@dagflow/protocol"
import { FlowSource, FlowYaml } from "@dagflow/yaml"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { SourceMap } from "../run/SourceMap.ts"

/** A flow with what was found wrong with it. */
export interface YamlFlow {
  /** The flow; `undefined` when a problem is an error. */
  readonly definition: Flow.Any | FlowSpec.FlowSpec | undefined
  readonly problems: ReadonlyArray<Problem>
  readonly sources: SourceMap
}

/** Where a flow of YAML is: in a file, or in a text. */
export type YamlPlace = { readonly file: string } | { readonly text: string }

/** What a flow is read with. */
export interface ReadOptions {
  /** The names that its nodes may use; `undefined`: any. */
  readonly actions: ReadonlyArray<string> | undefined
  /** Whether variables of the environment that the flow names have to be set: they do when it is about to run. */
  readonly needsVariables: boolean
}

/** Reads a flow of YAML from a file, with the files that it includes, or from a text. */
export const readYaml = (
  from: YamlPlace,
  { actions, needsVariables }: ReadOptions
): Effect.Effect<YamlFlow> => {
  const options = {
    actions,
    environment: needsVariables ? (name: string) => process.env[name] : undefined
  }
  const read =
    "file" in from
      ? Effect.provide(FlowYaml.inspectFile(from.file, options), files)
      : FlowYaml.inspect(from.text, { ...options, file: "<standard input>" })
  return Effect.map(read, (source) => ({
    definition: source.flow,
    problems: source.problems,
    sources: {
      positionOf: (nodeId) => FlowSource.positionOf(source, nodeId),
      locate: (problem) => FlowSource.locate(source, problem)
    }
  }))
}

const files = Layer.merge(NodeFileSystem.layer, NodePath.layer)
