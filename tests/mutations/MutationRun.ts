/** Makes mutations in copies of the sources, and runs the tests of their rows there. */
import {
  type ChecklistRow,
  rowsOf,
  type ShowingTest,
  testsOf,
  titlePattern
} from "../repository/Checklist.ts"
import { readText } from "../repository/SourceFile.ts"
import type { Answer } from "../planted/TestRunner.ts"
import { Workbench } from "../planted/Workbench.ts"
import type { Mutation } from "./Mutation.ts"

/** The packages whose sources are mutated, and whose tests are run. */
export const mutatedPackages: ReadonlyArray<string> = [
  "protocol",
  "core",
  "store-memory",
  "yaml",
  "planner",
  "promise"
]

/**
 * What came of a mutation: a test of its row is `red`, all of them stay `green` although they promise to notice, or nothing can
 * be said, because a test fails without it too or does not run.
 */
export interface Outcome {
  readonly mutation: Mutation
  readonly colour: "red" | "green" | "unclear"
  /** The test that decided it, and what that says. */
  readonly why: string
}

/** The tests of a row that can be run in a copy of the sources, in the order of the checklist. */
export const runnableTests = (row: ChecklistRow): ReadonlyArray<ShowingTest> =>
  testsOf(row).filter(({ file }) => mutatedPackages.some((name) => file.startsWith(`packages/${name}/`)))

/** The rows of the checklist by their numbers. */
export const checklistRows = (): ReadonlyMap<number, ChecklistRow> =>
  new Map(rowsOf(readText("docs/checklist.md")).map((row) => [row.number, row]))

/** Copies of the sources, each with its own mutation at a time. */
export class MutationRun {
  readonly #benches: ReadonlyArray<Workbench>
  readonly #rows = checklistRows()
  /** How the tests end without a mutation. */
  readonly #sound = new Map<string, Promise<Answer>>()

  constructor(atOnce: number) {
    this.#benches = Array.from({ length: atOnce }, () => new Workbench(mutatedPackages))
  }

  /** Makes each mutation in its turn, as many at once as there are copies; `tell` hears of each. */
  async run(
    mutations: ReadonlyArray<Mutation>,
    tell: (outcome: Outcome) => void = () => undefined
  ): Promise<ReadonlyArray<Outcome>> {
    const left = [...mutations]
    const outcomes: Array<Outcome> = []
    const onBench = async (bench: Workbench): Promise<void> => {
      for (let one = left.shift(); one !== undefined; one = left.shift()) {
        const outcome = await this.#try(bench, one)
        outcomes.push(outcome)
        tell(outcome)
      }
    }
    await Promise.all(this.#benches.map(onBench))
    return outcomes.sort((a, b) => a.mutation.row - b.mutation.row)
  }

  async remove(): Promise<void> {
    await Promise.all(this.#benches.map((bench) => bench.remove()))
  }

  async #try(bench: Workbench, mutation: Mutation): Promise<Outcome> {
    const row = this.#rows.get(mutation.row)
    const tests = row === undefined ? [] : runnableTests(row)
    for (const test of tests) {
      const sound = await this.#soundly(bench, test)
      if (sound.verdict !== "passed") {
        const why = `${test.text} ${sound.verdict} without the mutation: ${sound.why}`
        return { mutation, colour: "unclear", why }
      }
      const { verdict, why } = await bench.during(mutation.edits, () => this.#ask(bench, test))
      if (verdict === "failed") return { mutation, colour: "red", why: `${test.text}: ${why}` }
      if (verdict === "missing")
        return { mutation, colour: "unclear", why: `${test.text} does not run: ${why}` }
    }
    return { mutation, colour: "green", why: tests.map(({ text }) => text).join("\n") }
  }

  #soundly(bench: Workbench, test: ShowingTest): Promise<Answer> {
    const known = this.#sound.get(test.text)
    if (known !== undefined) return known
    const answer = this.#ask(bench, test)
    this.#sound.set(test.text, answer)
    return answer
  }

  #ask(bench: Workbench, test: ShowingTest): Promise<Answer> {
    return bench.runAll(test.file, titlePattern(test))
  }
}
