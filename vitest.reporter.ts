import { existsSync, readFileSync } from "node:fs"
import path from "node:path"
import type { Reporter, TestModule, Vitest } from "vitest/node"
import { type RanTest, unresolved } from "./tests/repository/Checklist.ts"

/** Where the tests of the capabilities are named. */
const checklist = "docs/checklist.md"

/**
 * Closes a run with one plain line that any CI can count: `N passed, N failed, N skipped`.
 *
 * A name of the checklist that none of the tests that ran has is a failure too, as far as its file ran as a whole: the source
 * alone does not tell whether a test is ever reached.
 */
export default class Tally implements Reporter {
  #vitest: Vitest | undefined

  onInit(vitest: Vitest): void {
    this.#vitest = vitest
  }

  onTestRunEnd(modules: ReadonlyArray<TestModule>, errors: ReadonlyArray<unknown>): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 }
    const ran: Array<RanTest> = []
    for (const module of modules) {
      let tests = 0
      for (const test of module.children.allTests()) {
        tests++
        const { state } = test.result()
        count[state]++
        if (state === "passed" || state === "failed")
          ran.push({ file: this.#place(module), fullName: test.fullName })
      }
      if (tests === 0 && module.state() === "failed") count.failed++
    }
    const missing = this.#missing(ran)
    for (const line of missing) console.error(`${checklist}: ${line}`)
    if (missing.length > 0) process.exitCode = 1
    const failed = count.failed + count.pending + missing.length
    console.log(`${count.passed} passed, ${failed} failed, ${count.skipped} skipped`)
  }

  /** The file of a module as the checklist names it. */
  #place({ moduleId }: TestModule): string {
    return path
      .relative(this.#vitest?.config.root ?? "", moduleId)
      .split(path.sep)
      .join("/")
  }

  #missing(ran: ReadonlyArray<RanTest>): ReadonlyArray<string> {
    const file = path.join(this.#vitest?.config.root ?? "", checklist)
    // Who asks for tests by name runs no file as a whole.
    if (this.#vitest?.config.testNamePattern !== undefined || !existsSync(file)) return []
    return unresolved(readFileSync(file, "utf8"), ran)
  }
}
