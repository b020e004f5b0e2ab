import { builtinModules } from "node:module"
import { expect, it } from "vitest"
import { imports, packageOf, parse, read, type SourceFile } from "../repository/SourceFile.ts"

/** `protocol` and `core` run wherever JavaScript does, so they ask nothing of Node. */
const ofNode = (files: ReadonlyArray<SourceFile>): ReadonlyArray<string> =>
  files.flatMap((file) =>
    imports(file)
      .filter(({ from }) => {
        const name = packageOf(from)
        return name !== undefined && (name === "node:" || builtinModules.includes(name))
      })
      .map(({ at, from }) => `${at} imports ${from}: take what it gives as a service instead`)
  )

it("protocol and core import nothing of Node", () => {
  expect(ofNode(read("packages/{protocol,core}/src/**/*.ts"))).toEqual([])
})

it("imports of Node are found with and without their prefix", () => {
  const source = `import "node:fs"\nimport { join } from "path"\nexport const a = import("node:os")\nimport "effect"`
  expect(ofNode([parse("a.ts", source)])).toHaveLength(3)
})
