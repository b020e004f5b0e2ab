/** `dagflow diff`: where two runs part, and what nodes went differently. */
import { DagFlow } from "@dagflow/core"
import { StoreDriver } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as OpenedStore from "../config/OpenedStore.ts"
import type { DiffDocument } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { clip, count, oneLine } from "../output/Phrase.ts"
import { readOnly } from "../run/EngineLayer.ts"
import * as RunSelector from "../run/RunSelector.ts"
import { perform } from "./perform.ts"

const side = (name: "left" | "right") =>
  Argument.String(name).pipe(Argument.withDescription("Id of a run, a beginning of one, or @last"))

/** `dagflow diff`. */
export const diff = Command.make(
  "diff",
  { left: side("left"), right: side("right") },
  perform(({ left, right }, { globals, output }) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { driver, location } = yield* OpenedStore.openForReading(globals)
        const idOf = (word: string) =>
          Effect.map(
            Effect.provideService(RunSelector.find(word, location.option), StoreDriver, driver),
            ({ runId }) => runId
          )
        const [a, b] = [yield* idOf(left), yield* idOf(right)]
        const difference = yield* Effect.provide(
          Effect.flatMap(DagFlow, (dagflow) => dagflow.compare(a, b)),
          readOnly(driver)
        )
        const document: typeof DiffDocument.Type = {
          schema: "dagflow.diff/1",
          left: a,
          right: b,
          ...difference
        }
        if (output.json) yield* output.printJson(document)
        else yield* output.print(sentences(document).join("\n"))
        return difference.isEqual ? ExitCode.ok : ExitCode.failed
      })
    )
  )
).pipe(Command.withDescription("Compare two runs: the first event that differs, and the nodes"))

// -- internal -------------------------------------------------------------------------------------------------------

/** Nodes that are listed, and cells of a value that are shown. */
const [listedMax, cells] = [20, 60]

type Side = NonNullable<(typeof DiffDocument.Type)["first"]>["left"]

const valueOf = (value: unknown): string =>
  value === undefined ? "nothing" : clip(oneLine(JSON.stringify(value)), cells)

const eventOf = ({ event, sequence }: Side): string =>
  event === undefined ? "its log has ended" : `event ${sequence}, ${event}`

const sentences = ({
  first,
  isEqual,
  left,
  nodes,
  right
}: typeof DiffDocument.Type): ReadonlyArray<string> => {
  if (isEqual) return [`${oneLine(left)} and ${oneLine(right)} are equal, event by event`]
  const at = first === undefined || first.path.length === 0 ? "" : ` at ${oneLine(first.path.join("."))}`
  const value = (one: Side): string => (at === "" ? "" : `: ${valueOf(one.value)}`)
  const rest = nodes.length - listedMax
  return [
    `${oneLine(left)} and ${oneLine(right)} differ first${at}`,
    ...(first === undefined
      ? []
      : [
          `  ${oneLine(left)}: ${eventOf(first.left)}${value(first.left)}`,
          `  ${oneLine(right)}: ${eventOf(first.right)}${value(first.right)}`
        ]),
    nodes.length === 0 ? "all nodes went alike" : `${count(nodes.length, "node")} went differently`,
    ...nodes
      .slice(0, listedMax)
      .map((one) => `  ${oneLine(one.nodeId)}  ${one.what}: ${valueOf(one.left)} / ${valueOf(one.right)}`),
    ...(rest > 0 ? [`  and ${rest} more`] : [])
  ]
}
