/**
 * Grows the flow by what the data turn out to need. Rows that fail the checks are left out of the first report; when
 * there are problems that can be put right, this adds a node for each of them, and what follows once they are.
 */
import { Hook } from "@dagflow/core"
import type { Binding, Command, NodeSpec } from "@dagflow/protocol"
import { repairName, repairRows } from "../action/repairRows.ts"

const ref = (reference: string): Binding.Binding => ({ ref: reference })

const add = (id: string, nodes: ReadonlyArray<NodeSpec.NodeDraft>): Command.Command => ({
  _tag: "AddNodes",
  id,
  nodes
})

/** The repairs that the found problems call for, all at once, then the same checks on the outcome. */
const repairs = (problems: Readonly<Record<string, unknown>>): ReadonlyArray<NodeSpec.NodeDraft> => {
  const names = Object.keys(problems).map(repairName)
  const needed = repairRows.filter(({ name }) => names.includes(name))
  if (needed.length === 0) return []
  return [
    ...needed.map(({ description, name }) => ({
      id: name,
      action: name,
      ...(description !== undefined && { description }),
      inputs: { rows: ref("check.rejected"), lastYear: ref("inputs.lastYear") }
    })),
    {
      id: "mend",
      action: "mend-rows",
      inputs: {
        rows: ref("check.rejected"),
        ...Object.fromEntries(needed.map(({ name }) => [name, ref(`${name}.patches`)]))
      }
    },
    {
      id: "recheck",
      action: "check-rows",
      inputs: { rows: ref("mend.rows"), lastYear: ref("inputs.lastYear") }
    }
  ]
}

/** The analyses again, now with the rows that were put right, and a report in place of the first one. */
const secondReport: ReadonlyArray<NodeSpec.NodeDraft> = [
  {
    id: "films-mended",
    action: "to-films",
    inputs: {
      rows: ref("recheck.accepted"),
      prices: ref("price-index.body.prices"),
      inPricesOf: ref("inputs.lastYear")
    }
  },
  {
    id: "by-genre-mended",
    action: "by-genre",
    inputs: { films: ref("films.films"), more: ref("films-mended.films") }
  },
  {
    id: "by-decade-mended",
    action: "by-decade",
    inputs: { films: ref("films.films"), more: ref("films-mended.films") }
  },
  {
    id: "report-mended",
    action: "compose-report",
    inputs: {
      inPricesOf: ref("inputs.lastYear"),
      accepted: ref("check.acceptedCount"),
      rejected: ref("check.rejectedCount"),
      problems: ref("check.problems"),
      genres: ref("by-genre-mended.genres"),
      decades: ref("by-decade-mended.decades"),
      mended: ref("recheck.acceptedCount"),
      genresBefore: ref("by-genre.genres")
    }
  },
  {
    id: "save-mended",
    action: "file-write",
    dependencies: ["save"],
    inputs: { path: ref("inputs.report"), content: ref("report-mended.text") }
  }
]

export const cleanUp = Hook.make({
  name: "clean-up",
  on: ["NodeCompleted"],
  handle: ({ event }) => {
    if (event._tag !== "NodeCompleted") return []
    const { nodeId, outputs } = event
    if (nodeId === "check") {
      const nodes = repairs(outputs["problems"] as Readonly<Record<string, unknown>>)
      return nodes.length === 0 ? [] : [add("repair", nodes)]
    }
    if (nodeId === "recheck" && Number(outputs["acceptedCount"]) > 0)
      return [add("report-again", secondReport)]
    return []
  }
})
