/**
 * Makes the published command: one file, which starts in a third of the time that a few hundred modules take to load.
 *
 * `better-sqlite3` is native and stays outside. It is a dependency of `@dagflow/store-sqlite`, so it is looked for from
 * there, which finds it under every package manager.
 */
import path from "node:path"
import { type Plugin, rolldown } from "rolldown"

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

/** Bundles the command into a file and gives its size in bytes. */
export const bundle = async (file: string): Promise<number> => {
  const made = await rolldown({
    input: path.join(folder, "src/main.ts"),
    platform: "node",
    plugins: [native],
    treeshake: { moduleSideEffects: false }
  })
  const { output } = await made.write({ file, format: "esm", codeSplitting: false, minify: true })
  await made.close()
  return output.reduce((sum, part) => sum + (part.type === "chunk" ? part.code.length : 0), 0)
}

if (import.meta.main) {
  const bytes = await bundle(path.join(folder, "dist/bundle/main.js"))
  console.log(`dist/bundle/main.js: ${Math.round(bytes / 1000)} kB`)
}
