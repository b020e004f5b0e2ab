/** How much a program takes on: how long until it can begin, and how much code of ours is in it. */
import { spawnSync } from "node:child_process"
import { rmSync } from "node:fs"
import path from "node:path"
import { gzipSync } from "node:zlib"
import { rolldown } from "rolldown"
import { install } from "./InstalledPackages.ts"
import { digits } from "./Report.ts"
import { spread } from "./Statistics.ts"

/** What is imported. */
const imports: ReadonlyArray<ReadonlyArray<string>> = [
  [],
  ["effect/Effect"],
  ["effect/Schema"],
  ["effect"],
  ["@dagflow/core"],
  ["@dagflow/core", "@dagflow/store-memory"],
  ["@dagflow/core", "@dagflow/store-sqlite"],
  ["effect/workflow"],
  ["@langchain/langgraph"]
]

const program = (specifiers: ReadonlyArray<string>): string =>
  specifiers.map((one, index) => `export * as _${index} from ${JSON.stringify(one)}`).join("\n")

/** The whole life of a process that imports and ends, in milliseconds. */
const measure = (specifiers: ReadonlyArray<string>, folder: string): number => {
  const start = performance.now()
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", program(specifiers)],
    { cwd: folder, encoding: "utf8" }
  )
  if (status !== 0) throw new Error(`${specifiers.join(", ")} cannot be imported: ${stderr}`)
  return performance.now() - start
}

/** Our own code in a minified bundle, packed, in bytes; `undefined` when there is none. */
const ownBytes = async (specifiers: ReadonlyArray<string>, folder: string): Promise<number | undefined> => {
  if (!specifiers.some((one) => one.startsWith("@dagflow/"))) return undefined
  const entry = "\0entry"
  const bundle = await rolldown({
    input: entry,
    cwd: folder,
    external: (id) => id.startsWith("node:") || (!id.startsWith("@dagflow/") && /^[@a-z]/.test(id)),
    plugins: [
      {
        name: "entry",
        resolveId: (id, importer) => {
          if (id === entry) return id
          return importer === entry ? { id: path.join(folder, "node_modules", id, "dist/index.js") } : null
        },
        load: (id) => (id === entry ? program(specifiers) : null)
      }
    ]
  })
  const { output } = await bundle.generate({ minify: true })
  await bundle.close()
  return output.reduce((sum, one) => sum + (one.type === "chunk" ? gzipSync(one.code).byteLength : 0), 0)
}

/** One table of import times and sizes; the rounds are interleaved. */
export const footprint = async (rounds: number): Promise<string> => {
  const folder = install()
  try {
    const millis = imports.map((): Array<number> => [])
    for (let round = 0; round < rounds; round++) {
      for (const [index, one] of imports.entries()) millis[index]?.push(measure(one, folder))
    }
    const bare = spread(millis[0] ?? []).median
    const rows = imports.map(async (one, index) => {
      const { maximum, median, minimum } = spread(millis[index] ?? [])
      const bytes = await ownBytes(one, folder)
      const size = bytes === undefined ? "" : digits(bytes / 1000)
      const name = one.length === 0 ? "nothing (Node itself)" : one.join(" and ")
      return `| ${name} | ${digits(median)} | ${digits(minimum)}..${digits(maximum)} | ${digits(Math.max(0, median - bare))} | ${size} |`
    })
    return [
      "| import | ms | min..max | over Node itself | own code, kB packed |",
      "| --- | ---: | ---: | ---: | ---: |",
      ...(await Promise.all(rows))
    ].join("\n")
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
