#!/usr/bin/env node
import * as module from "node:module"
import { nodeVersionProblem } from "./nodeVersion.ts"
import { version } from "./version.ts"

const words = process.argv.slice(2)
const problem = nodeVersionProblem()

// The version is asked for by scripts, often: it does not wait for the parser to load.
if (words.length === 1 && words[0] === "--version") console.log(version())
else if (problem !== undefined) refuse(problem)
else {
  // A third of the time of a short command goes into compiling it: the second time, Node finds that done.
  module.enableCompileCache()
  await (await import("./Cli.ts")).main(words)
}

/** An older Node crashes where the database begins: nothing is loaded that could. */
function refuse(message: string): void {
  const next = ["install a newer Node: https://nodejs.org/en/download"]
  const document = { schema: "dagflow.error/1", code: "NodeTooOld", message, next, exit: 3 }
  console.error(
    words.includes("--json")
      ? JSON.stringify(document)
      : `error[NodeTooOld]: ${message}\nnext\n  ${next.join("\n  ")}`
  )
  process.exitCode = document.exit
}
