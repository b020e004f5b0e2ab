/** The packages as they are once somebody has installed them: built, without the sources, in a folder of their own. */
import { execFileSync } from "node:child_process"
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"

const root = path.join(import.meta.dirname, "../..")

/** Our packages that are measured. */
const own = ["protocol", "core", "store-memory", "store-sqlite"]

/** Those of them that are bundled for Node. */
const bundled = ["protocol", "core"]

/** What they and the others need, by name, with the folder that has it installed. */
const foreign: Readonly<Record<string, string>> = {
  effect: "packages/core",
  "@noble/hashes": "packages/protocol",
  "better-sqlite3": "packages/store-sqlite",
  "@langchain/langgraph": "benchmarks"
}

interface Manifest {
  readonly name: string
  readonly publishConfig?: { readonly exports?: unknown }
}

/** Builds the packages and lays them into a new folder, which the caller removes. */
export const install = (): string => {
  const projects = own.map((name) => `packages/${name}/tsconfig.src.json`)
  execFileSync(path.join(root, "node_modules/.bin/tsc"), ["-b", ...projects], { cwd: root, stdio: "inherit" })
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "dagflow-installed-")))
  for (const name of own) {
    const from = path.join(root, "packages", name)
    const manifest = JSON.parse(readFileSync(path.join(from, "package.json"), "utf8")) as Manifest
    const to = path.join(folder, "node_modules", manifest.name)
    if (bundled.includes(name)) {
      execFileSync(process.execPath, [path.join(root, "scripts/bundle.ts")], { cwd: from, stdio: "inherit" })
    }
    mkdirSync(to, { recursive: true })
    cpSync(path.join(from, "dist"), path.join(to, "dist"), { recursive: true })
    const published = { ...manifest, ...manifest.publishConfig }
    writeFileSync(path.join(to, "package.json"), JSON.stringify(published))
  }
  for (const [name, from] of Object.entries(foreign)) {
    const to = path.join(folder, "node_modules", name)
    mkdirSync(path.dirname(to), { recursive: true })
    symlinkSync(realpathSync(path.join(root, from, "node_modules", name)), to)
  }
  return folder
}
