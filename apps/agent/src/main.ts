/** The command `agent`. It exits with 0 when the report is decided on, 4 when it waits for a decision, 1 when it failed. */
import { mkdirSync } from "node:fs"
import path from "node:path"
import { DagFlow, type RunHandle } from "@dagflow/core"
import { RunStatus } from "@dagflow/protocol"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import { agentFlow, decision } from "./agentFlow.ts"
import { type Asked, type CommandLine, read, repeated, usage } from "./commandLine.ts"
import { engine } from "./engine.ts"
import { modelLayer } from "./model/modelLayer.ts"
import { narrate } from "./narrate.ts"

const print = (text: string): void => void process.stdout.write(`${text}\n`)

/** How the command is given in this repository, so that what is printed can be copied. */
const command = "npx -y pnpm@12 -s agent"

/** An id that a person can type: the first words of the question. */
const idOf = (question: string): string => {
  const words = question.toLowerCase().match(/[a-z0-9]+/g) ?? ["question"]
  return words.slice(0, 6).join("-").slice(0, 60)
}

/** Follows a run, says how it stands and what can be done, and answers the exit code. */
const follow = (run: RunHandle.RunHandle, options: string) =>
  Effect.gen(function* () {
    const { nodes, runId, status, totals } = yield* narrate(run, (text) => void process.stdout.write(text))
    print(`${runId} ${status} · ${totals.nodes} nodes, ${totals.usage["tokens"] ?? 0} tokens`)
    const published = nodes.find(({ action }) => action === "publish-report")?.outputs
    const file = published?.["file"]
    if (typeof file === "string") print(`report: ${file}`)
    if (published?.["published"] === false) print("the report was rejected")
    if (RunStatus.isEnded(status)) return status === "completed" ? 0 : 1
    for (const wait of yield* run.waits) print(wait.prompt ?? `${wait.nodeId} waits`)
    print(`  ${command} approve ${runId}${options}   # or reject\n  ${command} resume ${runId}${options}`)
    return 4
  })

const carryOut = (asked: Exclude<Asked, { readonly _tag: "Help" }>, options: string) =>
  Effect.gen(function* () {
    const dagflow = yield* DagFlow
    switch (asked._tag) {
      case "Ask": {
        const { id = idOf(asked.question), question } = asked
        return yield* follow(yield* dagflow.start(agentFlow, { id, input: { question } }), options)
      }
      case "Resume":
        return yield* follow(yield* dagflow.resume(asked.id), options)
      case "Decide": {
        const { approved, by = process.env["USER"] ?? "somebody", id } = asked
        yield* dagflow.send(id, { _tag: "SendSignal", nodeId: decision, payload: { approved }, by })
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
