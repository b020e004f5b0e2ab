/** A flow as its files have it: the definition, what is wrong with it, and where each part of it stands. */
import type { FlowSpec, Problem, SourcePosition } from "@dagflow/protocol"
import * as Findings from "./internal/findings.ts"
import * as Origins from "./internal/origins.ts"
import * as PartPlace from "./internal/partPlace.ts"
import * as SourceText from "./internal/sourceText.ts"

/** A flow as its files have it. */
export interface FlowSource {
  /** The definition; `undefined` when a problem is an error. */
  readonly flow: FlowSpec.FlowSpec | undefined
  /** All problems, warnings included: file by file, in the order of the text. */
  readonly problems: ReadonlyArray<Problem>
  /** Names of the variables of the environment that the flow asks for, sorted. Values are nowhere in here. */
  readonly environment: ReadonlyArray<string>
  /** The files that were read: the flow's own first, then each one that it includes. */
  readonly files: ReadonlyArray<string>
  /** Where the parts of the definition stand; for `locate` and `positionOf`. */
  readonly map: SourceMap | undefined
}

/** Where the parts of a definition stand. */
export interface SourceMap {
  readonly origins: Origins.Origins
  /** Per node, what its id and the ids in it begin with that they do not begin with in its file. */
  readonly prefixes: ReadonlyArray<string>
  readonly indexOf: ReadonlyMap<string, number>
}

/**
 * Gives a problem that was found in the definition its place in the file, the lines around it, and the path that
 * leads there in the file. A problem that has a place already stays as it is.
 */
export const locate = (source: Pick<FlowSource, "map">, problem: Problem): Problem => {
  const { map } = source
  if (map === undefined || problem.position !== undefined) return problem
  const place = PartPlace.find(map, problem)
  return Findings.problemAt(place, { ...problem, suggestion: written(map, problem) })
}

/** The place of a node, or `undefined` when the files have no node of that id. */
export const positionOf = (source: Pick<FlowSource, "map">, nodeId: string): SourcePosition | undefined => {
  const index = source.map?.indexOf.get(nodeId)
  if (source.map === undefined || index === undefined) return undefined
  const { from, source: text, to } = Origins.find(source.map.origins, ["nodes", index, "id"])
  return SourceText.positionOf(text, from, to)
}

// -- internal -------------------------------------------------------------------------------------------------------

/** A suggestion as it would be written in the file, where the ids of an included file have no prefix. */
const written = ({ prefixes }: SourceMap, { path, suggestion }: Problem): string | undefined => {
  const prefix = path[0] === "nodes" && typeof path[1] === "number" ? (prefixes[path[1]] ?? "") : ""
  return suggestion?.startsWith(prefix) === true ? suggestion.slice(prefix.length) : suggestion
}
