/** What a workflow of GitHub Actions gets besides the log: an annotation per failed node, and a summary of the run. */
import { appendFileSync } from "node:fs"
import path from "node:path"
import { Mermaid, type NodeView, RunGraph, RunReport } from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { OutputShape } from "../output/Output.ts"
import { count, duration, oneLine } from "../output/Phrase.ts"
import type { Followed } from "./Follow.ts"
import type * as SourceMap from "./SourceMap.ts"

/** Nodes of a run whose graph is part of its summary. */
const graphNodesMax = 60

/** Annotations of one run; GitHub shows no more than these of a step anyway. */
const annotationsMax = 10

/** Slowest nodes in the summary. */
const slowestMax = 5

/** Writes annotations to standard error and the summary to its file. */
export const report = (
  followed: Followed,
  sources: SourceMap.SourceMap,
  output: OutputShape,
  env: NodeJS.ProcessEnv = process.env
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const view = RunReport.make(followed.state, yield* Clock.currentTimeMillis)
    const failed = view.nodes.filter((node) => node.status === "failed")
    const lines = failed.slice(0, annotationsMax).map((node) => annotation(node, sources))
    if (lines.length > 0) yield* output.note(lines.join("\n"))
    const file = env["GITHUB_STEP_SUMMARY"]
    if (file === undefined || file === "") return
    const text = output.redactor.text(summary(view, failed, followed))
    // The summary is a courtesy: a run does not fail because of it.
    yield* Effect.ignore(Effect.try(() => appendFileSync(file, text)))
  })

/** An annotation of a failed node, with its place in the flow's file. */
export const annotation = (node: NodeView.NodeView, sources: SourceMap.SourceMap): string => {
  const at = sources.positionOf(node.nodeId)
  const place =
    at === undefined ? [] : [`file=${property(relative(at.file))}`, `line=${at.line}`, `col=${at.column}`]
  const message = node.error === undefined ? "failed" : `${node.error.tag}: ${node.error.message}`
  return `::error ${[...place, `title=${property(node.nodeId)}`].join(",")}::${data(message)}`
}

// -- internal -------------------------------------------------------------------------------------------------------

const relative = (file: string): string => {
  const shorter = path.relative(process.cwd(), path.resolve(file))
  return shorter.startsWith("..") ? file : shorter.split(path.sep).join("/")
}

const data = (text: string): string =>
  text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A")

const property = (text: string): string => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C")

/** A text as a cell of a Markdown table: no part of it is taken for Markdown or HTML. */
const cell = (text: string): string =>
  oneLine(text).replace(/[\\`*_{}[\]<>|#&~]/g, (found) => `&#${found.charCodeAt(0)};`)

const summary = (
  view: RunReport.RunReport,
  failed: ReadonlyArray<NodeView.NodeView>,
  followed: Followed
): string => {
  const { byStatus } = view.totals
  const counts = Object.entries(byStatus).filter(([, nodes]) => nodes > 0)
  const slowest = [...view.nodes]
    .filter((node) => node.attempts.length > 0)
    .sort((a, b) => b.durationMillis - a.durationMillis)
    .slice(0, slowestMax)
  const parts = [
    `## ${cell(view.flow)}: ${view.status}`,
    `Run ${cell(view.runId)}, ${count(view.totals.nodes, "node")}, ${duration(view.elapsedMillis)}`,
    table(
      ["status", "nodes"],
      counts.map(([status, nodes]) => [status, String(nodes)])
    )
  ]
  if (failed.length > 0) {
    const rows = failed.map((node) => [
      cell(node.nodeId),
      String(node.attempts.length),
      node.error === undefined ? "" : cell(`${node.error.tag}: ${node.error.message}`)
    ])
    parts.push("### Failed", table(["node", "attempts", "error"], rows))
  }
  if (slowest.length > 0) {
    const rows = slowest.map((node) => [cell(node.nodeId), duration(node.durationMillis)])
    parts.push("### Slowest", table(["node", "time"], rows))
  }
  if (view.nodes.length <= graphNodesMax) {
    parts.push(`\`\`\`mermaid\n${Mermaid.render(RunGraph.ofRun(followed.state)).trimEnd()}\n\`\`\``)
  }
  return `${parts.join("\n\n")}\n\n`
}

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n")
