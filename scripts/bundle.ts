/**
 * Bundles a package for Node: its entry points, and what they share, become a few files that Node loads in much less time than
 * the hundred modules they are made of. Everything else, such as a bundler that leaves out what is not used, gets the modules.
 * See ADR-0044.
 *
 * Run it in the folder of a package. The entry points are those that `publishConfig.exports` sends Node to.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import { rolldown } from "rolldown"

/** An entry point as `publishConfig.exports` has it. */
type Exported = string | { readonly node?: string }

interface Published {
  readonly publishConfig: { readonly exports: Readonly<Record<string, Exported>> }
}

/** The folder of the bundle in that of its package. */
const bundleFolder = "dist/bundle"

/** The entry points of a package by the names of their files in the bundle, with the source of each. */
const entriesOf = (folder: string): Readonly<Record<string, string>> => {
  const text = readFileSync(path.join(folder, "package.json"), "utf8")
  const { publishConfig } = JSON.parse(text) as Published
  const files = Object.values(publishConfig.exports).flatMap((entry) =>
    typeof entry === "string" || entry.node === undefined
      ? []
      : [path.posix.relative(bundleFolder, entry.node)]
  )
  return Object.fromEntries(
    files.map((file) => {
      const name = file.replace(/\.js$/, "")
      return [name, path.join(folder, "src", `${name}.ts`)]
    })
  )
}

/** Bundles the package in a folder. What it imports of others stays an import. */
export const bundle = async (folder: string): Promise<void> => {
  const into = path.join(folder, bundleFolder)
  const made = await rolldown({
    input: entriesOf(folder),
    platform: "node",
    external: (id) => !id.startsWith(".") && !path.isAbsolute(id),
    // What is exported stays, and everything else is used.
    treeshake: false
  })
  const { output } = await made.generate({
    dir: into,
    format: "esm",
    sourcemap: true,
    chunkFileNames: "shared/[name].js"
  })
  await made.close()
  rmSync(into, { recursive: true, force: true })
  for (const part of output) {
    if (part.type !== "chunk") continue
    const file = path.join(into, part.fileName)
    mkdirSync(path.dirname(file), { recursive: true })
    // The map names the sources, which are in the package too.
    const { sourcesContent: _, ...map } = part.map ?? {}
    writeFileSync(file, part.code)
    writeFileSync(`${file}.map`, JSON.stringify(map))
  }
}

if (import.meta.main) await bundle(process.cwd())
