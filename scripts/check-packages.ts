/** Packs every public package as it would be published and checks the tarballs: manifest, types, size. */
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { build, packAll, run, type Tarball } from "./Tarball.ts"

/** Largest tarball allowed, in kB: whoever raises it has looked at what grew. */
const limits: Readonly<Record<string, number>> = {
  // These two hold their code twice: as modules, and as the bundle that Node loads.
  "@dagflow/protocol": 650,
  "@dagflow/core": 825,
  // Providers, toolkits, MCP servers and replays, each with sources, declarations and maps.
  "@dagflow/planner": 165,
  "@dagflow/cli": 470,
  // A third of it is the statements, each with the reason why it is so.
  "@dagflow/store-postgres": 110,
  // Eighty cases, a model and their sources.
  "@dagflow/store-testkit": 140,
  // Half of it is the schema for editors and the declarations that explain every key.
  "@dagflow/yaml": 160
}
const limitDefault = 100

const bin = (name: string) => path.join(import.meta.dirname, "../node_modules/.bin", name)

/** What a checker has to say against a tarball, or nothing. */
const complaint = (name: string, words: ReadonlyArray<string>): string | undefined => {
  try {
    run(bin(name), words)
    return undefined
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { readonly stdout?: string; readonly stderr?: string }
    return `${name} failed\n${stdout}${stderr}`
  }
}

const hasEntries = ({ manifest }: Tarball): boolean =>
  Object.keys(manifest.exports ?? {}).some((entry) => entry !== "./package.json")

const check = (tarball: Tarball): ReadonlyArray<string> => {
  const { file, manifest } = tarball
  const kB = statSync(file).size / 1000
  const limit = limits[manifest.name] ?? limitDefault
  console.log(`${manifest.name}: ${kB.toFixed(1)} kB of at most ${limit} kB`)
  return [
    complaint("publint", ["run", "--strict", file]),
    // A package that is only a command has no types to check.
    hasEntries(tarball) ? complaint("attw", ["--profile", "esm-only", file]) : undefined,
    kB > limit ? `is larger than ${limit} kB` : undefined
  ].filter((problem) => problem !== undefined)
}

const folder = mkdtempSync(path.join(tmpdir(), "dagflow-pack-"))
try {
  build()
  const problems = packAll(folder).flatMap((tarball) =>
    check(tarball).map((problem) => `${tarball.manifest.name}: ${problem}`)
  )
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
