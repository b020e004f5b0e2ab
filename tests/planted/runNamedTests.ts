/**
 * A process that runs single tests of the folder it was started in, one for each message, and says how they ended. What it
 * has read and transformed once, it keeps: only files that the message names have changed.
 */
import { createVitest } from "vitest/node"
import type { Answer, Question } from "./TestRunner.ts"

const vitest = await createVitest("test", {
  root: process.cwd(),
  watch: false,
  reporters: [{}],
  // A bug stays in the process that runs its test, and ends with it.
  pool: "forks",
  isolate: true,
  maxWorkers: 1
})

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

const run = async ({ changed, file, name }: Question): Promise<Answer> => {
  for (const one of changed) vitest.invalidateFile(one)
  vitest.setGlobalTestNamePattern(new RegExp(`^${escaped(name)}$`))
  const { testModules } = await vitest.runTestSpecifications(await vitest.globTestSpecifications([file]))
  const tests = testModules.flatMap((module) => [...module.children.allTests()])
  const result = tests.find((test) => test.fullName === name)?.result()
  if (result?.state !== "passed" && result?.state !== "failed") return { verdict: "missing", why: "" }
  return { verdict: result.state, why: result.errors?.[0]?.message ?? "" }
}

process.on("message", (question: Question) => {
  void run(question).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ verdict: "missing", why: String(error) } satisfies Answer)
  )
})
process.on("disconnect", () => process.exit())
