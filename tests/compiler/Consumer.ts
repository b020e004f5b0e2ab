/** A project of somebody who uses `@dagflow/core`: it sees the declarations that a release would hold, not our sources. */
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import path from "node:path"
import { root } from "../repository/SourceFile.ts"

/** How a project finds modules. */
export type Resolution = "nodenext" | "bundler"

/** A line on which the compiler refuses something, and everything it says there. */
export interface Refusal {
  readonly file: string
  readonly line: number
  readonly message: string
}

/** The packages whose declarations a project sees, by their folders. */
export const packages = ["protocol", "core"]

const compilerOptions = {
  target: "es2024",
  lib: ["es2024", "esnext.disposable", "dom"],
  types: [],
  strict: true,
  noEmit: true,
  skipLibCheck: false,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  allowImportingTsExtensions: true
}

/** Runs the compiler in a folder, to which the names of files that it prints are relative. */
const tsc = (folder: string, words: ReadonlyArray<string>) => {
  const { error, stdout } = spawnSync(
    path.join(root, "node_modules/.bin/tsc"),
    [...words, "--pretty", "false"],
    {
      cwd: folder,
      encoding: "utf8",
      // The compiler is a .cmd file on Windows, which only a shell starts.
      shell: process.platform === "win32"
    }
  )
  if (error !== undefined) throw error
  return stdout
}

const write = (file: string, content: unknown) => {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content))
}

/**
 * Writes the declarations of our packages, as the build does, to where the project has its packages. That they are those
 * of a release is held by the tests of packaging, which pack one.
 */
export const emitDeclarations = (folder: string) => {
  const emitted = path.join(folder, "emitted")
  const project = path.join(folder, "emit.json")
  write(project, {
    extends: path.join(root, "tsconfig.web.json"),
    include: packages.map((name) => path.join(root, "packages", name, "src")),
    compilerOptions: {
      rootDir: path.join(root, "packages"),
      outDir: emitted,
      emitDeclarationOnly: true,
      declarationMap: false,
      composite: false,
      incremental: false
    }
  })
  const printed = tsc(folder, ["-p", project])
  if (printed !== "") throw new Error(`the declarations cannot be written:\n${printed}`)
  for (const name of packages) {
    const installed = path.join(folder, "node_modules/@dagflow", name)
    const { publishConfig, ...manifest } = JSON.parse(
      readFileSync(path.join(root, "packages", name, "package.json"), "utf8")
    )
    write(path.join(installed, "package.json"), { ...manifest, exports: publishConfig.exports })
    cpSync(path.join(emitted, name, "src"), path.join(installed, "dist"), { recursive: true })
  }
}

/** Makes a project with the given files below its folder `src`. */
export const make = (folder: string, files: string): void => {
  emitDeclarations(folder)
  const effect = realpathSync(path.join(root, "packages/core/node_modules/effect"))
  symlinkSync(effect, path.join(folder, "node_modules/effect"), "junction")
  write(path.join(folder, "package.json"), { type: "module" })
  cpSync(files, path.join(folder, "src"), { recursive: true })
}

/** Adds a file to a project, or replaces it. */
export const add = (folder: string, file: string, text: string): void =>
  write(path.join(folder, "src", file), text)

/** Removes a project. */
export const remove = (folder: string): void => rmSync(folder, { recursive: true, force: true })

const configure = (folder: string, resolution: Resolution, files: ReadonlyArray<string>, extra: object) => {
  const modules =
    resolution === "nodenext" ? { module: "nodenext" } : { module: "esnext", moduleResolution: "bundler" }
  const project = path.join(folder, "tsconfig.json")
  write(project, { include: files, compilerOptions: { ...compilerOptions, ...modules, ...extra } })
  return project
}

/** Compiles files of a project, and lists what the compiler refuses anywhere, its own libraries and ours included. */
export const compile = (
  folder: string,
  resolution: Resolution,
  files: ReadonlyArray<string>,
  extra: object = {}
): ReadonlyArray<Refusal> => {
  const refusals: Array<Refusal> = []
  for (const line of tsc(folder, ["-p", configure(folder, resolution, files, extra)]).split("\n")) {
    const found = /^(.+)\((\d+),\d+\): error (TS\d+: .*)$/.exec(line.trimEnd())
    const last = refusals.at(-1)
    if (found?.[1] !== undefined && found[3] !== undefined) {
      const file = path.relative(path.join(folder, "src"), path.resolve(folder, found[1]))
      refusals.push({ file: file.split(path.sep).join("/"), line: Number(found[2]), message: found[3] })
    } else if (line !== "" && last !== undefined) {
      refusals[refusals.length - 1] = { ...last, message: `${last.message}\n${line}` }
    } else if (line !== "") throw new Error(`the compiler says: ${line}`)
  }
  return refusals
}

/** How many types the compiler makes of generic ones to check a file of a project, its imports included. */
export const instantiations = (folder: string, file: string): number => {
  const printed = tsc(folder, ["-p", configure(folder, "nodenext", [file], {}), "--extendedDiagnostics"])
  const count = Number(/^Instantiations:\s+(\d+)/m.exec(printed)?.[1])
  if (!(count > 0) || printed.includes("error TS")) throw new Error(printed)
  return count
}
