/** `dagflow runs`: the runs of a store, the newest first. */
import {
  type RunQuery,
  type RunRow,
  StatusMark,
  type StoreDriverShape,
  type StoreError,
  SubFlow
} from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as OpenedStore from "../config/OpenedStore.ts"
import type { RunsDocument, RunSummary } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import type { OutputShape } from "../output/Output.ts"
import { clip, duration, oneLine, padEnd, width } from "../output/Phrase.ts"
import { type Tone, toneOf } from "../output/Style.ts"
import type { Rest } from "../run/restOf.ts"
import * as FlowFlags from "./FlowFlags.ts"
import { perform } from "./perform.ts"

const flags = {
  state: Flag.Literals("state", ["running", "paused", "completed", "failed", "cancelled"]).pipe(
    Flag.optional,
    Flag.withDescription("Only runs of this status")
  ),
  flow: Flag.String("flow").pipe(
    Flag.optional,
    Flag.withMetavar("<name>"),
    Flag.withDescription("Only runs of the flow of this name")
  ),
  tag: Flag.String("tag").pipe(
    Flag.atLeast(0),
    Flag.withDescription("Only runs with this tag; may be repeated: then with all of them")
  ),
  limit: FlowFlags.positive("limit", 1000, "At most this many (default 20)").pipe(Flag.withDefault(20))
}

/** `dagflow runs`. */
export const runs = Command.make(
  "runs",
  flags,
  perform(({ flow, limit, state, tag }, { globals, output }) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { driver, location } = yield* OpenedStore.openForReading(globals)
        const query: RunQuery = {
          limit,
          ...(Option.isSome(state) && { status: state.value }),
          ...(Option.isSome(flow) && { flow: flow.value }),
          ...(tag.length > 0 && { tags: tag })
        }
        const now = yield* Clock.currentTimeMillis
        const page = yield* driver.list(query)
        const found = page.runs.map((row) => summaryOf(row, now))
        if (output.json) {
          const document: typeof RunsDocument.Type = {
            schema: "dagflow.runs/1",
            store: location.text,
            runs: found,
            more: page.next !== undefined
          }
          yield* output.printJson(document)
        } else if (found.length === 0) {
          yield* output.note(
            `No runs${query.status === undefined ? "" : ` are ${query.status}`} in ${location.text}.`
          )
        } else {
          const rests = yield* restsOf(driver, page.runs, now)
          const more = page.next === undefined ? [] : [`more runs than --limit ${limit}`]
          yield* output.print([...table(found, rests, now, output), ...more].join("\n"))
        }
        return ExitCode.ok
      })
    )
  )
).pipe(Command.withDescription("List the runs of a store, the newest first"))

// -- internal -------------------------------------------------------------------------------------------------------

const summaryOf = (row: RunRow, nowMillis: number): RunSummary => ({
  runId: row.runId,
  ...parentOf(row),
  flow: row.flow,
  status: row.status,
  tags: row.tags,
  createdAtMillis: row.createdAtMillis,
  updatedAtMillis: row.updatedAtMillis,
  sequence: row.sequence,
  owned: isOwned(row, nowMillis)
})

const isOwned = ({ leaseUntilMillis, owner }: RunRow, nowMillis: number): boolean =>
  owner !== undefined && leaseUntilMillis > nowMillis

const parentOf = ({ tags }: RunRow): Pick<RunSummary, "parent"> => {
  const parent = SubFlow.parentOf(tags)
  return parent === undefined ? {} : { parent }
}

const restWords: Readonly<Record<Rest, string>> = {
  asks: "waits for an answer",
  answered: "answered: resume it",
  sleeps: "sleeps",
  left: "no owner: resume it"
}

/** Runs of one list whose logs are read for what they rest on. */
const restsMax = 20

/** What runs that go on and that nobody executes rest on. A child goes on with its parent, which says it. */
const restsOf = (
  driver: StoreDriverShape,
  rows: ReadonlyArray<RunRow>,
  nowMillis: number
): Effect.Effect<ReadonlyMap<string, string>, StoreError> =>
  Effect.gen(function* () {
    const resting = rows.filter(
      (row) =>
        row.status === "running" && !isOwned(row, nowMillis) && SubFlow.parentOf(row.tags) === undefined
    )
    const words = new Map(resting.map(({ runId }) => [runId, "no owner"]))
    if (resting.length === 0) return words
    // What reads logs takes longer to load than a list takes to print.
    const { restOf } = yield* Effect.promise(() => import("../run/restOf.ts"))
    for (const row of resting.slice(0, restsMax)) {
      words.set(row.runId, restWords[yield* restOf(driver, row, nowMillis)])
    }
    return words
  })

/** What the list says at the end of a line: whose child a run is, what needs somebody's eye, what it is tagged with. */
const remarkOf = ({ parent, tags }: RunSummary, rest: string | undefined): string =>
  [
    parent !== undefined && `child of ${oneLine(parent)}`,
    rest !== undefined && rest,
    ...tags.filter((tag) => parent === undefined || tag !== SubFlow.parentTag(parent)).map(oneLine)
  ]
    .filter((part) => part !== false)
    .join(", ")

const isOver = (run: RunSummary): boolean => run.status !== "running" && run.status !== "paused"

const columnsOf = (run: RunSummary, rest: string | undefined, nowMillis: number): ReadonlyArray<string> => [
  oneLine(run.runId),
  oneLine(run.flow),
  `${duration(nowMillis - run.createdAtMillis)} ago`,
  duration((isOver(run) ? run.updatedAtMillis : nowMillis) - run.createdAtMillis),
  // Before what may be cut off on a narrow terminal.
  remarkOf(run, rest),
  `${run.sequence} events`
]

/** Cells that the status of a run takes, with the space after it. */
const stateCells = 13

/** Cells that the widest line of a table takes. */
const lengthOf = (rows: ReadonlyArray<ReadonlyArray<string>>): number =>
  (rows[0] ?? []).reduce(
    (sum, _, index) => sum + 2 + Math.max(...rows.map((row) => width(row[index] ?? ""))),
    -2
  )

const table = (
  found: ReadonlyArray<RunSummary>,
  rests: ReadonlyMap<string, string>,
  nowMillis: number,
  { capabilities, columns, glyphs, styleOut }: OutputShape
): ReadonlyArray<string> => {
  const room = process.stdout.isTTY ? columns() : 1000
  const whole = found.map((run) => columnsOf(run, rests.get(run.runId), nowMillis))
  // How long its log is is what a narrow terminal can do without.
  const isNarrow = lengthOf(whole) > room - stateCells
  const rows = isNarrow ? whole.map((row) => row.slice(0, -1)) : whole
  const cells = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => width(row[index] ?? ""))))
  return found.map((run, index) => {
    const mark = StatusMark.ofRun[run.status]
    const tone: Tone = run.status === "paused" ? "attention" : toneOf(run.status)
    const sign = capabilities.unicode ? mark.sign : mark.asciiSign
    const state = styleOut(tone, `${sign} ${mark.word.padEnd(9)}`)
    const rest = (rows[index] ?? []).map((text, column) => padEnd(text, cells[column] ?? 0)).join("  ")
    return clip(`${state}  ${rest}`.trimEnd(), room, glyphs.more)
  })
}
