/** Where the parts of a flow stand in its file. */
import type { Problem, SourcePosition } from "@dagflow/protocol"

/** Where the parts of a flow stand in its file. */
export interface SourceMap {
  /** Where a node begins. */
  readonly positionOf: (nodeId: string) => SourcePosition | undefined
  /** Gives a problem its place and the lines around it, when it has none. */
  readonly locate: (problem: Problem) => Problem
}

/** The map of a flow whose file is not known. */
export const empty: SourceMap = { positionOf: () => undefined, locate: (problem) => problem }
