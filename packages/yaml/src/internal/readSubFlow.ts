import type { SubFlowSpec } from "@dagflow/protocol"
import { isMap, isScalar } from "yaml"
import * as Cursor from "./cursor.ts"
import * as Findings from "./findings.ts"
import * as Origins from "./origins.ts"
import type { Header, ReadFlow } from "./readFlow.ts"
import type { Place } from "./place.ts"

/** A file that a node runs as its flow. */
export interface FlowUse {
  /** Its path as it is written, from the folder of the file that asks for it. */
  readonly file: string
  readonly at: Cursor.Cursor
  readonly place: Place
}

/** The files that nodes run as their flows, those of flows that are written in the file included. */
export const filesIn = (root: Cursor.Cursor): ReadonlyArray<FlowUse> => {
  const nodes = Cursor.entries(root)?.find(({ name }) => name === "nodes")?.value
  if (nodes === undefined) return []
  const list = Cursor.items(nodes) ?? (Cursor.entries(nodes) ?? []).flatMap(({ value }) => value ?? [])
  return list.flatMap((node) => {
    const at = Cursor.entries(node)?.find(({ name }) => name === "flow")?.value
    if (at === undefined) return []
    if (isMap(at.node)) return filesIn(at)
    const file = Cursor.scalar(at)
    return typeof file === "string" && file !== "" ? [{ file, at, place: Cursor.place(at) }] : []
  })
}

/** What has been read of a flow inside of a node; one without a name is called as its node. */
export const flowOf = ({ header, nodes }: Pick<ReadFlow, "header" | "nodes">, id: string): SubFlowSpec => {
  const { name = id, ...rest } = header as Header
  return { name, ...rest, nodes: nodes.map(({ node }) => node) }
}

/** Lets the origins of a node know where the parts of its flow stand. */
export const place = (
  origins: Origins.Origins,
  { nodes, origins: inner }: Pick<ReadFlow, "nodes" | "origins">
): void => {
  const list = inner.parts.get("nodes") ?? Origins.add(inner, "nodes", inner.place)
  nodes.forEach((one, index) => list.parts.set(index, one.origins))
  for (const [step, part] of inner.parts) origins.parts.set(step, part)
}

/**
 * Reads the value of `flow`: a flow as it stands there, or the path of a file that has it. `inner` reads what stands there. Of a
 * file that could not be loaded that has been said.
 */
export const read = (
  at: Cursor.Cursor,
  id: string,
  origins: Origins.Origins,
  inner: (at: Cursor.Cursor) => ReadFlow
): SubFlowSpec | undefined => {
  if (Cursor.isNull(at)) return undefined
  if (isMap(at.node)) {
    const flow = inner(at)
    place(origins, flow)
    return flowOf(flow, id)
  }
  if (!isScalar(at.node) || typeof at.node.value !== "string") {
    const message = `"flow" is a flow, or the path of a file that has one`
    Cursor.report(at, { code: "InvalidValue", message })
    return undefined
  }
  const flow = at.reading.flows.get(at.node)?.()
  if (flow === undefined) {
    at.reading.isPartial = true
    if (!at.reading.flows.has(at.node) && !at.reading.mayLoad) {
      const message =
        "a text cannot run the flow of a file: load the flow from a file, or write the other one in it"
      Findings.report(at.reading.findings, Cursor.place(at), { code: "UnreadableFile", message })
    }
    return undefined
  }
  place(origins, flow)
  return flowOf(flow, id)
}
