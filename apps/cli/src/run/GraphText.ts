/** The graph of a flow or of a run as text, folded where it is large. */
import { Dot, GraphFold, Mermaid, Outline, type RunGraph, Svg } from "@dagflow/protocol"

/** Pictures of more items than this are folded. */
export const foldAbove = 60

/** Whether alike nodes are shown as one; `auto`: in pictures of large graphs. */
export type Folding = "auto" | "always" | "none"

/** A graph with alike nodes folded, if that is asked for, and those inside of its nodes. */
export const fold = (graph: RunGraph.RunGraph, folding: Folding): RunGraph.RunGraph => {
  const folded =
    folding === "always" || (folding === "auto" && graph.items.length > foldAbove)
      ? GraphFold.fold(graph)
      : graph
  return {
    ...folded,
    items: folded.items.map((item) =>
      item._tag === "Group" || item.inner === undefined ? item : { ...item, inner: fold(item.inner, folding) }
    )
  }
}

/** Writes a graph. */
export const render = (graph: RunGraph.RunGraph, format: "outline" | "mermaid" | "dot" | "svg"): string => {
  switch (format) {
    case "outline":
      return Outline.render(graph)
    case "mermaid":
      return Mermaid.render(graph)
    case "dot":
      return Dot.render(graph)
    case "svg":
      return Svg.render(graph)
  }
}
