/** A tarball installed into an empty folder, the way a user would, and what plain Node makes of it there. */
import { execFile, execFileSync } from "node:child_process"
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { promisify } from "node:util"
import type { Manifest, Tarball } from "../../scripts/Tarball.ts"

const execute = promisify(execFile)

const run = async (command: string, words: ReadonlyArray<string>, cwd: string): Promise<string> => {
  const shell = process.platform === "win32" && !command.endsWith(".exe")
  const { stdout } = await execute(command, [...words], { cwd, shell, maxBuffer: 64 * 1024 * 1024 })
  return stdout
}

/** The tarballs that a package needs from this repository, its own included. */
const closure = (tarball: Tarball, all: ReadonlyArray<Tarball>): ReadonlyArray<Tarball> => {
  const found = new Set([tarball])
  for (const { manifest } of found) {
    const names = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
    for (const other of all) if (names.includes(other.manifest.name)) found.add(other)
  }
  return [...found]
}

/** Installs a package, with nothing but what it declares, into a new folder below another one. */
export const install = async (
  tarball: Tarball,
  all: ReadonlyArray<Tarball>,
  below: string
): Promise<string> => {
  const folder = path.join(below, tarball.manifest.name.replace("/", "-"))
  mkdirSync(folder, { recursive: true })
  // Siblings are not in a registry yet, so npm is told where each of them is.
  const siblings = Object.fromEntries(
    closure(tarball, all).map(({ file, manifest }) => [manifest.name, `file:${file}`])
  )
  const manifest = { private: true, type: "module", dependencies: siblings }
  writeFileSync(path.join(folder, "package.json"), JSON.stringify(manifest))
  await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"], folder)
  return folder
}

/** Lays the files of a tarball into a folder, and answers where the package is. */
export const unpack = (tarball: Tarball, folder: string): string => {
  mkdirSync(folder, { recursive: true })
  execFileSync("tar", ["-xzf", tarball.file, "-C", folder])
  return path.join(folder, "package")
}

/** The public entry points of a package, as an importer writes them. */
export const entries = (manifest: Manifest): ReadonlyArray<string> =>
  Object.keys(manifest.exports ?? {})
    .filter((entry) => entry !== "./package.json")
    .map((entry) => path.posix.join(manifest.name, entry))

/** The entry points for which Node has a bundle, each with the address of the module that everybody else loads. */
export const bundledEntries = (installed: string, name: string): ReadonlyMap<string, string> => {
  const folder = path.join(installed, "node_modules", name)
  const { exports } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as {
    readonly exports?: Readonly<Record<string, string | { readonly node?: string; readonly default: string }>>
  }
  return new Map(
    Object.entries(exports ?? {}).flatMap(([entry, target]) =>
      typeof target === "string" || target.node === undefined
        ? []
        : [[path.posix.join(name, entry), pathToFileURL(path.join(folder, target.default)).href] as const]
    )
  )
}

/** What plain Node saw when it imported the entry points. */
export interface Imported {
  /** The names that each entry point exports. */
  readonly names: Readonly<Record<string, ReadonlyArray<string>>>
  /** The packages that our files asked for, by the package that asked. */
  readonly asked: Readonly<Record<string, ReadonlyArray<string>>>
}

/** Imports entry points in a new process of plain Node, inside the folder of an installation. */
export const importAll = async (folder: string, specifiers: ReadonlyArray<string>): Promise<Imported> => {
  const script = path.join(folder, "importAll.mjs")
  cpSync(path.join(import.meta.dirname, "importAll.mjs"), script)
  return JSON.parse(await run(process.execPath, [script, ...specifiers], folder)) as Imported
}

/** What our files asked for although their packages do not declare it. */
export const undeclared = (imported: Imported, manifests: ReadonlyArray<Manifest>): ReadonlyArray<string> =>
  Object.entries(imported.asked).flatMap(([asker, names]) => {
    const manifest = manifests.find(({ name }) => name === asker)
    const declared = Object.keys({ ...manifest?.dependencies, ...manifest?.peerDependencies })
    return names.filter((name) => !declared.includes(name)).map((name) => `${asker} asks for ${name}`)
  })

/** Runs the command that an installed package brings. */
export const runCommand = (folder: string, command: string, words: ReadonlyArray<string>): Promise<string> =>
  run(path.join(folder, "node_modules/.bin", command), words, folder)
