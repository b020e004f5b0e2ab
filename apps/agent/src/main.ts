/** The command `agent`. It exits with 0 when the report is decided on, 4 when it waits for a decision, 1 when it failed. */
import { mkdirSync } from "node:fs"
import path from "node:path"
import { DagFlow, type RunHandle } from "@dagflow/core"
import { type BudgetView, type RunReport, RunStatus } from "@dagflow/protocol"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import { agentFlow, decision } from "./agentFlow.ts"
import { type Asked, type CommandLine, read, repeated, usage } from "./commandLine.ts"
import { engine } from "./engine.ts"
import { modelLayer } from "./model/modelLayer.ts"
import { narrate } from "./narrate.ts"
import { checkCitations } from "./report/checkCitations.ts"

const print = (text: string): void => void process.stdout.write(`${text}\n`)

/** How the command is given in this repository, so that what is printed can be copied. */
const command = "npx -y pnpm@12 -s agent"

/** What has been used up of the budget. */
const spent = (budgets: ReadonlyArray<BudgetView.BudgetView> | undefined): string => {
  const line = budgets?.[0]?.lines.find(({ resource }) => resource === "tokens")
  return line === undefined ? "no budget" : `${line.spent} of ${line.limit} tokens`
}

/** An id that a person can type: the first words of the question. */
const idOf = (question: string): string => {
  const words = question.toLowerCase().match(/[a-z0-9]+/g) ?? ["question"]
  return words.slice(0, 6).join("-").slice(0, 60)
}

/** The page of the last report whose quotes were all found: what somebody is asked about. */
const pageOf = (nodes: RunReport.RunReport["nodes"]): string => {
  const checked = nodes.findLast(({ action, outputs }) => action === checkCitations.name && outputs)
  const page = checked?.outputs?.["page"]
  return typeof page === "string" ? page : ""
}

/** Follows a run, says how it stands and what can be done, and answers the exit code. */
const follow = (run: RunHandle.RunHandle, options: string) =>
  Effect.gen(function* () {
    const { budgets, nodes, runId, status, totals } = yield* narrate(
      run,
      (text) => void process.stdout.write(text)
    )
    const waits = yield* run.waits
    const standing = status === "running" && waits.length > 0 ? "waits for you" : status
    print(`${runId} ${standing} · ${totals.nodes} nodes, ${spent(budgets)}`)
    const published = nodes.findLast(({ action, outputs }) => action === "publish-report" && outputs)?.outputs
    const file = published?.["file"]
    if (typeof file === "string") print(`report: ${file}`)
    if (published?.["published"] === false) print("the report was rejected")
    if (RunStatus.isEnded(status)) return status === "completed" ? 0 : 1
    if (status === "paused") {
      print(yield* Effect.map(Effect.flip(run.outputs), ({ message }) => message))
      print(`  ${command} resume ${runId} --tokens <more>${options}`)
      return 4
    }
    for (const { action, nodeId, prompt = `${nodeId} waits` } of waits) {
      if (action === decision) print(`\n${pageOf(nodes)}`)
      print(prompt)
    }
    print(`  ${command} approve ${runId}${options}   # or reject\n  ${command} resume ${runId}${options}`)
    return 4
  })

const carryOut = (asked: Exclude<Asked, { readonly _tag: "Help" }>, options: string) =>
  Effect.gen(function* () {
    const dagflow = yield* DagFlow
    switch (asked._tag) {
      case "Ask": {
        const { id = idOf(asked.question), question, tokens } = asked
        const config = tokens === undefined ? {} : { budget: { tokens } }
        return yield* follow(yield* dagflow.start(agentFlow, { id, input: { question }, config }), options)
      }
      case "Resume":
        const budget = asked.tokens === undefined ? {} : { budget: { tokens: asked.tokens } }
        return yield* follow(yield* dagflow.resume(asked.id, budget), options)
      case "Decide": {
        const { approved, by = process.env["USER"] ?? "somebody", id } = asked
        const { nodes } = yield* dagflow.report(id)
        // What is asked now; else what will be: a report that was refused before left one behind that nobody is asked.
        const asking = nodes.findLast(({ status }) => status === "waiting")
        const nodeId = (asking ?? nodes.findLast(({ action }) => action === decision))?.nodeId
        if (nodeId === undefined) {
          print(`${id} asks nothing yet`)
          return 1
        }
        yield* dagflow.send(id, { _tag: "SendSignal", nodeId, payload: { approved }, by })
        print(`${approved ? "approved" : "rejected"}; go on with: ${command} resume ${id}${options}`)
        return 0
      }
    }
  })

const main = async (line: CommandLine): Promise<number> => {
  if (line.asked._tag === "Help") {
    print(usage)
    return 0
  }
  mkdirSync(path.dirname(path.resolve(line.store)), { recursive: true })
  const program = Effect.provide(carryOut(line.asked, repeated(line)), engine(line, modelLayer(process.env)))
  const exit = await Effect.runPromiseExit(program)
  if (Exit.isSuccess(exit)) return exit.value
  const error = Cause.squash(exit.cause)
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`)
  return 1
}

const line = read(process.argv.slice(2))
if (Result.isSuccess(line)) process.exitCode = await main(line.success)
else {
  process.stderr.write(`error: ${line.failure}\n\n${usage}\n`)
  process.exitCode = 2
}
