/** Mutations of views, streams and telemetry: rows 149 to 160. */
import { edit, type Mutation, mutation } from "./Mutation.ts"

export const views: ReadonlyArray<Mutation> = [
  mutation(
    149,
    "quotes in names are not escaped",
    edit("protocol/src/view/Dot.ts", `.replaceAll('"', '\\\\"')`, "")
  ),
  mutation(
    150,
    "a picture lacks an edge",
    edit("protocol/src/view/Mermaid.ts", "...graph.edges.flatMap(", "...graph.edges.slice(1).flatMap(")
  ),
  mutation(
    151,
    "interrupted attempts are summed up as failed ones",
    edit(
      "protocol/src/view/RunReport.ts",
      'failedAttempts: count(({ outcome }) => outcome === "failed")',
      'failedAttempts: count(({ outcome }) => outcome === "failed" || outcome === "interrupted")'
    )
  ),
  mutation(
    152,
    "the fastest node is called the slowest",
    edit(
      "protocol/src/view/RunReport.ts",
      "node.durationMillis > longest.durationMillis",
      "node.durationMillis < longest.durationMillis"
    )
  ),
  mutation(
    153,
    "the last error of a node is not shown",
    edit("protocol/src/view/NodeView.ts", "error: node.error,", "error: undefined,")
  ),
  mutation(
    154,
    "a reader that lags is not told what it missed",
    edit("core/src/engine/liveReader.ts", "if (this.#hasMissed) {", "if (this.#hasMissed && sequence < 0) {")
  ),
  mutation(
    155,
    "emitting what JSON cannot hold throws",
    edit(
      "core/src/engine/Attempt.ts",
      'const read = attempted(() => frozenJson(value, "value"))',
      'const read = Result.succeed(Result.map(frozenJson(value, "value"), (one) => JSON.parse(JSON.stringify(one)) as typeof one))'
    ),
    edit(
      "core/src/engine/Attempt.ts",
      ': frozen.failure\n const { id: nodeId } = this.node.spec\n this.#host.live({ _tag: "Emitted"',
      ': (() => {\n throw new Error(String(frozen.failure))\n })()\n const { id: nodeId } = this.node.spec\n this.#host.live({ _tag: "Emitted"'
    )
  ),
  mutation(
    156,
    "what an attempt tells has no end mark",
    edit("core/src/engine/Attempt.ts", "if (this.#emitted > 0) {", "if (this.#emitted < 0) {")
  ),
  mutation(
    157,
    "whoever leaves the live stream takes the others along",
    edit(
      "core/src/engine/Feed.ts",
      "({ made }) => Effect.sync(() => this.#live.delete(made))",
      "() => Effect.sync(() => this.#live.clear())"
    )
  ),
  mutation(
    158,
    "spans of nodes begin when they end",
    edit(
      "core/src/engine/runTracing.ts",
      'this.#open("dagflow.node", this.#run, nanos(sinceMillis), {',
      'this.#open("dagflow.node", this.#run, this.#clock.currentTimeNanosUnsafe() + 0n * nanos(sinceMillis) + 60_000_000_000n, {'
    )
  ),
  mutation(
    159,
    "the path to the first difference leads to the event only",
    edit(
      "protocol/src/view/RunDifference.ts",
      "const path = a?.event === b?.event ? (pathOf(a?.json, b?.json) ?? []) : []",
      "const path: ReadonlyArray<string | number> = (pathOf(a?.json, b?.json) ?? []).slice(0, 1)"
    )
  ),
  mutation(
    160,
    "chance does not depend on the seed",
    edit("core/src/decide/keyedRandom.ts", "0x811c9dc5 ^ seed", "0x811c9dc5 ^ (seed * 0)")
  )
]
