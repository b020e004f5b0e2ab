/** The TypeScript files of this repository, parsed, for the rules that read them. */
import { globSync, readFileSync } from "node:fs"
import path from "node:path"
import { type Comment, type EcmaScriptModule, parseSync, type Program } from "oxc-parser"

/** The folder of the repository. */
export const root = path.join(import.meta.dirname, "../..")

/** A parsed file. Its path is relative to the repository, with `/` on every system. */
export interface SourceFile {
  readonly path: string
  readonly text: string
  readonly program: Program
  readonly comments: ReadonlyArray<Comment>
  readonly module: EcmaScriptModule
}

/** Parses a text as a file of this path. */
export const parse = (file: string, text: string): SourceFile => {
  const { program, comments, module, errors } = parseSync(file, text)
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`)
  return { path: file, text, program, comments, module }
}

const ignored = new Set(["node_modules", "dist", "coverage", ".turbo", ".tsbuildinfo"])

/** Paths of the repository's files that match a pattern, sorted, without what is installed or built. */
export const paths = (...patterns: ReadonlyArray<string>): ReadonlyArray<string> =>
  globSync([...patterns], { cwd: root, exclude: (entry) => ignored.has(path.basename(entry)) })
    .map((file) => file.split(path.sep).join("/"))
    .sort()

/** Reads and parses the files that match a pattern. */
export const read = (...patterns: ReadonlyArray<string>): ReadonlyArray<SourceFile> =>
  paths(...patterns).map((file) => parse(file, readFileSync(path.join(root, file), "utf8")))

/** Every TypeScript file that people write in this repository. */
export const readAll = (): ReadonlyArray<SourceFile> =>
  read("*.ts", "{packages,apps,examples,tests,benchmarks,scripts,internal}/**/*.{ts,tsx}")

/** The text of a file, by its path in the repository. */
export const readText = (file: string): string => readFileSync(path.join(root, file), "utf8")

/** `file:line` of an offset in a file. */
export const place = (file: SourceFile, offset: number): string =>
  `${file.path}:${file.text.slice(0, offset).split("\n").length}`

/** How many lines between two offsets hold code: neither blank nor only comment. */
export const linesOfCode = (file: SourceFile, start = 0, end = file.text.length): number => {
  const inside = file.comments.filter((comment) => comment.start >= start && comment.end <= end)
  let code = ""
  let at = start
  for (const comment of inside) {
    code += file.text.slice(at, comment.start)
    code += file.text.slice(comment.start, comment.end).replaceAll(/[^\n]/g, "")
    at = comment.end
  }
  code += file.text.slice(at, end)
  return code.split("\n").filter((line) => line.trim() !== "").length
}

/** What a file imports or re-exports, with where it does. Dynamic imports count when they name a literal. */
export const imports = (file: SourceFile): ReadonlyArray<{ readonly from: string; readonly at: string }> => {
  const found: Array<{ readonly from: string; readonly at: string }> = []
  for (const { moduleRequest, start } of file.module.staticImports) {
    found.push({ from: moduleRequest.value, at: place(file, start) })
  }
  for (const { entries, start } of file.module.staticExports) {
    const from = entries.find((entry) => entry.moduleRequest !== null)?.moduleRequest?.value
    if (from !== undefined) found.push({ from, at: place(file, start) })
  }
  for (const { moduleRequest, start } of file.module.dynamicImports) {
    const literal = /^["'`]([^"'`$]+)["'`]$/.exec(
      file.text.slice(moduleRequest.start, moduleRequest.end)
    )?.[1]
    if (literal !== undefined) found.push({ from: literal, at: place(file, start) })
  }
  return found
}

/** The package that a bare import names, or nothing for a relative one: `effect/Schema` is of `effect`. */
export const packageOf = (specifier: string): string | undefined => {
  if (specifier.startsWith(".") || specifier.startsWith("/")) return undefined
  if (specifier.startsWith("node:")) return "node:"
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/")
}
