/**
 * Makes the published command: a few files, which start in a third of the time that a few hundred modules take to load. What
 * only some commands need, such as the reader of YAML or the database, is in files of its own.
 *
 * `better-sqlite3` is native and stays outside. It is a dependency of `@dagflow/store-sqlite`, so it is looked for from
 * there, which finds it under every package manager. `@dagflow/store-postgres` stays outside too: whoever wants it has it.
 * The pages about errors stand beside the files, so that `dagflow help` can show them.
 */
import { cpSync, rmSync } from "node:fs"
import path from "node:path"
import { type OutputChunk, type Plugin, rolldown } from "rolldown"

const folder = import.meta.dirname

const native: Plugin = {
  name: "native",
  resolveId: (id) => (id === "better-sqlite3" ? "\0better-sqlite3" : undefined),
  load: (id) =>
    id === "\0better-sqlite3"
      ? `import { createRequire } from "node:module"
const require = createRequire(import.meta.resolve("@dagflow/store-sqlite"))
export default require("better-sqlite3")`
      : undefined
}

/** A bundled command. */
export interface Bundle {
  /** The file to run. */
  readonly main: string
  /** Bytes of all files. */
  readonly bytes: number
  /** Bytes that every command but `--version` loads. */
  readonly startBytes: number
}

/** Bundles the command into a folder, which is emptied first. */
export const bundle = async (into: string): Promise<Bundle> => {
  const made = await rolldown({
    input: path.join(folder, "src/main.ts"),
    platform: "node",
    external: ["@dagflow/store-postgres"],
    plugins: [native],
    treeshake: { moduleSideEffects: false }
  })
  rmSync(into, { recursive: true, force: true })
  const { output } = await made.write({ dir: into, format: "esm", minify: true })
  await made.close()
  cpSync(path.join(folder, "../../docs/errors"), path.join(into, "errors"), { recursive: true })
  const chunks = output.filter((part) => part.type === "chunk")
  const start = chunks.filter(({ name }) => name === "main" || name === "Cli").map(({ fileName }) => fileName)
  return {
    main: path.join(into, "main.js"),
    bytes: sizeOf(chunks),
    startBytes: sizeOf(closure(start, chunks))
  }
}

/** Files with all that they import as soon as they are loaded. */
const closure = (
  names: ReadonlyArray<string>,
  chunks: ReadonlyArray<OutputChunk>
): ReadonlyArray<OutputChunk> => {
  const found = new Set<OutputChunk>()
  const pending = [...names]
  for (const name of pending) {
    const chunk = chunks.find(({ fileName }) => fileName === name)
    if (chunk === undefined || found.has(chunk)) continue
    found.add(chunk)
    pending.push(...chunk.imports)
  }
  return [...found]
}

const sizeOf = (chunks: ReadonlyArray<OutputChunk>): number =>
  chunks.reduce((sum, { code }) => sum + Buffer.byteLength(code), 0)

if (import.meta.main) {
  const { bytes, startBytes } = await bundle(path.join(folder, "dist/bundle"))
  const kilobytes = (count: number) => `${Math.round(count / 1000)} kB`
  console.log(`dist/bundle: ${kilobytes(bytes)}, of which every command loads ${kilobytes(startBytes)}`)
}
