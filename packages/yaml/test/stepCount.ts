/*
 * Counts how often each block of code runs while a text is read, the library below included: the engine itself counts, so
 * that no loop is forgotten. Run by a test in a process of its own, since the count belongs to the whole process.
 *
 * Usage: node stepCount.ts <nodes> <mistakes>; prints one number. Code that is warm already is not counted in full, so that
 * each size needs a process.
 */
import { Session } from "node:inspector"
import { inspect } from "./reading.ts"

/** A chain of nodes, on every so manieth of which a dependency is misspelled. */
export const chain = (size: number, mistakes: number): string => {
  const every = Math.floor(size / mistakes)
  const lines = Array.from({ length: size }, (_, index) => {
    const input = index === 0 ? "inputs.day" : `node${index - 1}.rows`
    const mistake = index % every === every - 1 ? `\n    dependencies: [nodf${index - 1}]` : ""
    return `  node${index}:\n    action: work\n    inputs: { rows: ${input} }${mistake}\n`
  })
  return `name: chain\nnodes:\n${lines.join("")}`
}

interface Coverage {
  readonly result: ReadonlyArray<{
    readonly functions: ReadonlyArray<{ readonly ranges: ReadonlyArray<{ readonly count: number }> }>
  }>
}

const count = (run: () => void): number => {
  const session = new Session()
  session.connect()
  session.post("Profiler.enable")
  session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true })
  run()
  let steps = 0
  session.post("Profiler.takePreciseCoverage", (_, coverage: Coverage) => {
    const ranges = coverage.result.flatMap(({ functions }) => functions.flatMap((one) => one.ranges))
    steps = ranges.reduce((sum, range) => sum + range.count, 0)
  })
  session.disconnect()
  return steps
}

if (import.meta.main) {
  const [, , size, mistakes] = process.argv.map(Number)
  const text = chain(size ?? 0, mistakes ?? 1)
  console.log(count(() => inspect(text)))
}
