/** `dagflow approve` without a run: what all runs of a store ask people, with the command that answers each. */
import type { DagFlow } from "@dagflow/core"
import {
  AnswerCheck,
  SubFlow,
  type StoreDriverShape,
  type StoreError,
  type WaitView
} from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { ApproveDocument } from "../output/Documents.ts"
import type { OutputClosed } from "../output/CliFailure.ts"
import type { OutputShape } from "../output/Output.ts"
import { duration, oneLine, shellWord } from "../output/Phrase.ts"
import { commandName } from "../output/commandName.ts"
import { askedBy } from "../run/askedBy.ts"
import { keptAnswer } from "../run/keptAnswer.ts"
import { answerForm } from "./answerForm.ts"

type Asked = WaitView.OpenWait
type Line = (typeof ApproveDocument.Type)["waits"][number]

/** Runs that are looked into at once. */
const page = 200

/** Whether a plain yes is an answer, or a plain no. */
export const takes = ({ schema }: Asked, approved: boolean): boolean =>
  schema === undefined || AnswerCheck.answerProblem(schema, { approved }) === undefined

/** Commands that answer a wait; of another answer than yes or no, a form to fill in. */
export const commandsOf = (runId: string, asked: Asked, option: string): ReadonlyArray<string> => {
  const place = `${shellWord(runId)} ${shellWord(asked.nodeId)}`
  const name = commandName()
  const no = takes(asked, false) ? [`${name} reject ${place}${option}`] : []
  if (takes(asked, true)) return [`${name} approve ${place}${option}`, ...no]
  const form = JSON.stringify(
    asked.kind === "recovery" ? { decision: "rerun" } : answerForm(asked.schema ?? {})
  )
  return [`${name} approve ${place} --answer ${shellWord(form)}${option}`, ...no]
}

/** What waits for people in the unfinished runs of a store, of each status the newest run first. */
export const list = (
  driver: StoreDriverShape,
  option: string,
  output: OutputShape
): Effect.Effect<ReadonlyArray<Line>, StoreError, DagFlow> =>
  Effect.gen(function* () {
    const lines: Array<Line> = []
    for (const status of ["running", "paused"] as const) {
      let cursor: string | undefined
      do {
        const found = yield* driver.list({ status, limit: page, ...(cursor !== undefined && { cursor }) })
        for (const { flow, runId, tags } of found.runs) {
          const asked = yield* Effect.catchTag(askedBy(runId), "RunError", (error) =>
            Effect.as(output.note(`${oneLine(runId)} cannot be read: ${oneLine(error.message)}`), [])
          )
          const parent = SubFlow.parentOf(tags)
          const of = { runId, ...(parent !== undefined && { parent }), flow }
          for (const wait of asked) lines.push(yield* lineOf(driver, { ...of, wait }, option))
        }
        cursor = found.next
      } while (cursor !== undefined)
    }
    return lines
  })

/** Prints what waits for people. */
export const print = (
  lines: ReadonlyArray<Line>,
  { output, store }: { readonly output: OutputShape; readonly store: string }
): Effect.Effect<void, OutputClosed> =>
  Effect.gen(function* () {
    if (output.json) return yield* output.printJson({ schema: "dagflow.approve/1", store, waits: lines })
    if (lines.length === 0) return yield* output.note(`Nothing waits for anybody in ${store}.`)
    const now = yield* Clock.currentTimeMillis
    const text = lines.map(({ answered, commands, flow, parent, runId, wait }) => {
      const asked = wait.prompt ?? (wait.kind === "recovery" ? "what became of a lost attempt?" : "an answer")
      const title = `${oneLine(runId)}  ${oneLine(wait.nodeId)}  ${oneLine(asked)}`
      const of = parent === undefined ? "" : `, child of ${oneLine(parent)}`
      const until = answered === undefined ? deadlineOf(wait, now) : `; ${answeredText(answered)}`
      const facts = `of flow ${oneLine(flow)}${of}, for ${duration(now - wait.sinceMillis)}${until}`
      return [title, facts, ...commands].join("\n  ")
    })
    yield* output.print(text.join("\n"))
  })

// -- internal -------------------------------------------------------------------------------------------------------

/** What somebody has answered already waits for nobody but a process that takes the run up. */
const lineOf = (
  driver: StoreDriverShape,
  line: Omit<Line, "commands" | "answered">,
  option: string
): Effect.Effect<Line, StoreError> =>
  Effect.map(keptAnswer(driver, line.runId, line.wait), (kept) => {
    if (kept === undefined) return { ...line, commands: commandsOf(line.runId, line.wait, option) }
    const { atMillis, by } = kept
    const commands = [`${commandName()} resume ${shellWord(line.runId)}${option}`]
    return { ...line, answered: { atMillis, ...(by !== undefined && { by }) }, commands }
  })

const answeredText = ({ atMillis, by }: NonNullable<Line["answered"]>): string => {
  const who = by === undefined ? "" : ` by ${oneLine(by)}`
  return `answered${who} at ${new Date(atMillis).toISOString()}, which is kept for whoever takes the run up`
}

const ends = {
  complete: "the default answer is taken",
  pause: "the run is paused",
  fail: "the attempt fails"
}

const deadlineOf = ({ isOverdue, onTimeout, untilMillis }: Asked, nowMillis: number): string => {
  if (isOverdue === true) return "; nobody answered in time, and the run is paused"
  if (untilMillis === undefined) return ""
  const until = new Date(untilMillis).toISOString()
  const left = untilMillis - nowMillis
  const when = left > 0 ? `in ${duration(left)}` : "passed, and the next process acts on it"
  return `; until ${until} (${when}), then ${ends[onTimeout ?? "fail"]}`
}
