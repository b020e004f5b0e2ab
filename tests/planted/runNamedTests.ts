/**
 * A process that runs single tests of the folder it was started in, those of one file for each message, and says how they ended. What it
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

const run = async ({ changed, file, pattern }: Question): Promise<Answer> => {
  for (const one of changed) vitest.invalidateFile(one)
  const wanted = new RegExp(pattern)
  vitest.setGlobalTestNamePattern(wanted)
  const { testModules } = await vitest.runTestSpecifications(await vitest.globTestSpecifications([file]))
  const tests = testModules.flatMap((module) => [...module.children.allTests()])
  const results = tests.filter((test) => wanted.test(test.fullName)).map((test) => test.result())
  const failed = results.find(({ state }) => state === "failed")
  if (failed !== undefined) return { verdict: "failed", why: failed.errors?.[0]?.message ?? "" }
  const why = testModules.flatMap((module) => module.errors())[0]?.message ?? ""
  return results.some(({ state }) => state === "passed")
    ? { verdict: "passed", why }
    : { verdict: "missing", why }
}

process.on("message", (question: Question) => {
  void run(question).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ verdict: "missing", why: String(error) } satisfies Answer)
  )
})
process.on("disconnect", () => process.exit())
