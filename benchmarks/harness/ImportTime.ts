/** How long it takes until a program can begin: importing packages in a process of their own. */
import { spawnSync } from "node:child_process"
import path from "node:path"
import { digits } from "./Report.ts"
import { spread } from "./Statistics.ts"

/** What is imported, by the name that the table gives it. */
const imports: Readonly<Record<string, ReadonlyArray<string>>> = {
  "nothing (Node itself)": [],
  "effect/Effect": ["effect/Effect"],
  effect: ["effect"],
  "@dagflow/core": ["@dagflow/core"],
  "@dagflow/core and store-memory": ["@dagflow/core", "@dagflow/store-memory"],
  "@dagflow/core and store-sqlite": ["@dagflow/core", "@dagflow/store-sqlite"],
  "effect/workflow": ["effect/workflow"],
  "@langchain/langgraph": ["@langchain/langgraph"]
}

const folder = path.join(import.meta.dirname, "..")

/** The whole life of a process that imports and ends, in milliseconds. */
const measure = (specifiers: ReadonlyArray<string>): number => {
  const source = specifiers.map((one) => `import ${JSON.stringify(one)}`).join("\n")
  const start = performance.now()
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", source], {
    cwd: folder,
    encoding: "utf8"
  })
  if (status !== 0) throw new Error(`${specifiers.join(", ")} cannot be imported: ${stderr}`)
  return performance.now() - start
}

/** One table of import times; repeats are interleaved. */
export const importTimes = (repeats: number): string => {
  const names = Object.keys(imports)
  const millis = new Map(names.map((name): [string, Array<number>] => [name, []]))
  for (let round = 0; round < repeats; round++) {
    for (const name of names) millis.get(name)?.push(measure(imports[name] ?? []))
  }
  const spreads = new Map([...millis].map(([name, list]) => [name, spread(list)]))
  const bare = spreads.get(names[0] ?? "")?.median ?? 0
  return [
    "| import | ms | min..max | over Node itself |",
    "| --- | ---: | ---: | ---: |",
    ...[...spreads].map(
      ([name, { maximum, median, minimum }]) =>
        `| ${name} | ${digits(median)} | ${digits(minimum)}..${digits(maximum)} | ${digits(Math.max(0, median - bare))} |`
    )
  ].join("\n")
}
