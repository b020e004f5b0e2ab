import path from "node:path"
import { expect, it } from "vitest"
import { type Package, publicPackages } from "../repository/Package.ts"
import { imports, packageOf, parse, read, type SourceFile } from "../repository/SourceFile.ts"

/** The packages of ours that each package may build on. Whoever adds a package decides here where it stands. */
const below: Readonly<Record<string, ReadonlyArray<string>>> = {
  protocol: [],
  core: ["protocol"],
  "store-memory": ["protocol"],
  "store-postgres": ["protocol"],
  "store-sqlite": ["protocol"],
  "store-testkit": ["protocol"],
  yaml: ["protocol"],
  actions: ["protocol", "core"],
  planner: ["protocol", "core"],
  promise: ["protocol", "core", "store-memory", "store-postgres", "store-sqlite"],
  agent: ["protocol", "core", "store-sqlite", "actions", "planner"],
  cli: [
    "protocol",
    "core",
    "store-memory",
    "store-postgres",
    "store-sqlite",
    "store-testkit",
    "yaml",
    "actions"
  ]
}

const scope = "@dagflow/"

const allowedIn = (folder: string): ReadonlyArray<string> => {
  const allowed = below[path.posix.basename(folder)]
  if (allowed === undefined) throw new Error(`${folder} is not in the table of packageImports.test.ts`)
  return allowed
}

const upwardDependencies = (packages: ReadonlyArray<Package>): ReadonlyArray<string> =>
  packages.flatMap(({ folder, manifest }) =>
    Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
      .filter((name) => name.startsWith(scope) && !allowedIn(folder).includes(name.slice(scope.length)))
      .map((name) => `${folder}/package.json may not depend on ${name}`)
  )

const upwardImports = (files: ReadonlyArray<SourceFile>): ReadonlyArray<string> =>
  files.flatMap((file) => {
    const folder = file.path.split("/").slice(0, 2).join("/")
    return imports(file)
      .filter(({ from }) => {
        const name = packageOf(from)
        if (name === undefined)
          return !path.posix.join(path.dirname(file.path), from).startsWith(`${folder}/`)
        return name.startsWith(scope) && !allowedIn(folder).includes(name.slice(scope.length))
      })
      .map(({ at, from }) => `${at} may not import ${from}`)
  })

it("packages depend on packages below them only", () => {
  expect(upwardDependencies(publicPackages())).toEqual([])
  expect(upwardImports(read("{packages,apps}/*/src/**/*.ts"))).toEqual([])
})

it("an upward dependency is found in a manifest", () => {
  const manifest = {
    name: "@dagflow/protocol",
    version: "1.0.0",
    peerDependencies: { "@dagflow/core": "^1.0.0" }
  }
  expect(upwardDependencies([{ folder: "packages/protocol", manifest }])).toHaveLength(1)
  expect(upwardDependencies([{ folder: "packages/actions", manifest }])).toEqual([])
})

it("an upward import and one around the package's name are found in a source", () => {
  const source = [
    `import { Engine } from "@dagflow/core"`,
    `export * from "../../core/src/engine/Engine.ts"`,
    `export * from "./Sibling.ts"`,
    `export const load = () => import("@dagflow/core/testing")`
  ]
  expect(upwardImports([parse("packages/protocol/src/A.ts", source.join("\n"))])).toEqual([
    "packages/protocol/src/A.ts:1 may not import @dagflow/core",
    "packages/protocol/src/A.ts:2 may not import ../../core/src/engine/Engine.ts",
    "packages/protocol/src/A.ts:4 may not import @dagflow/core/testing"
  ])
})

it("a package that nobody gave a place is refused", () => {
  expect(() => allowedIn("packages/unheard-of")).toThrow("not in the table")
})
