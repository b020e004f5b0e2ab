import path from "node:path"
import { expect, it } from "vitest"
import { imports, parse, read, type SourceFile } from "../repository/SourceFile.ts"

/**
 * The sibling folders that each folder of a package may import. A reader who knows this table knows the architecture:
 * what is written down builds on what names it, and what runs builds on what it runs.
 */
const below: Readonly<Record<string, Readonly<Record<string, ReadonlyArray<string>>>>> = {
  protocol: {
    id: [],
    error: ["id"],
    definition: ["id", "error"],
    message: ["id", "error", "definition"],
    store: ["id", "error", "definition", "message"],
    state: ["id", "error", "definition", "message", "store"],
    view: ["id", "error", "definition", "message", "store", "state"]
  },
  core: {
    action: [],
    store: [],
    plan: ["action"],
    decide: ["action", "plan"],
    hook: ["action", "plan", "decide"],
    engine: ["action", "plan", "decide", "hook", "store"],
    testing: ["action", "plan", "decide", "hook", "store", "engine"]
  }
}

const upward = (files: ReadonlyArray<SourceFile>): ReadonlyArray<string> =>
  files.flatMap((file) => {
    const [, name = "", , ...rest] = file.path.split("/")
    const folder = rest[0]
    if (folder === undefined || rest.length < 2) return []
    const allowed = below[name]?.[folder]
    if (allowed === undefined) return [`${file.path}: the folder has no place in folderImports.test.ts`]
    return imports(file)
      .filter(({ from }) => from.startsWith("."))
      .flatMap(({ at, from }) => {
        const target = path.posix.join(path.posix.dirname(file.path), from).split("/")[3] ?? ""
        if (target === folder || allowed.includes(target)) return []
        return [`${at}: ${folder} may not import ${target}`]
      })
  })

it("folders of protocol and core import folders below them only", () => {
  expect(upward(read("packages/{protocol,core}/src/**/*.ts"))).toEqual([])
})

it("an upward import between folders is found, downward and inward ones are fine", () => {
  const source = `import type { A } from "../view/A.ts"\nexport * from "../id/B.ts"\nexport * from "./C.ts"\nexport * from "../index.ts"`
  expect(upward([parse("packages/protocol/src/state/Fold.ts", source)])).toEqual([
    "packages/protocol/src/state/Fold.ts:1: state may not import view",
    "packages/protocol/src/state/Fold.ts:4: state may not import index.ts"
  ])
})

it("a folder without a place is found", () => {
  expect(upward([parse("packages/core/src/lately/A.ts", "export {}")])).toHaveLength(1)
})
