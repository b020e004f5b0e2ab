import { builtinModules } from "node:module"
import { expect, it } from "vitest"
import { type Manifest, publicPackages } from "../repository/Package.ts"
import { imports, packageOf, parse, read, type SourceFile } from "../repository/SourceFile.ts"

/** A package that declares too much makes its users install it; one that declares too little works by accident. */
const differences = (manifest: Manifest, sources: ReadonlyArray<SourceFile>): ReadonlyArray<string> => {
  const declared = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }))
  const used = new Set(
    sources
      .flatMap(imports)
      .flatMap(({ from }) => packageOf(from) ?? [])
      .filter((name) => name !== "node:" && !builtinModules.includes(name))
  )
  return [
    ...[...declared].filter((name) => !used.has(name)).map((name) => `${manifest.name} does not use ${name}`),
    ...[...used]
      .filter((name) => !declared.has(name))
      .map((name) => `${manifest.name} does not declare ${name}`)
  ]
}

it.each(publicPackages())("$folder declares what it uses, and no more", ({ folder, manifest }) => {
  expect(differences(manifest, read(`${folder}/src/**/*.ts`))).toEqual([])
})

it("an unused dependency and an undeclared one are found", () => {
  const manifest = {
    name: "store-x",
    version: "1.0.0",
    dependencies: { "a-driver": "1" },
    peerDependencies: { effect: "4" }
  }
  const source = parse("a.ts", `import "effect/Schema"\nimport "node:fs"\nimport "@scope/other/deep"`)
  expect(differences(manifest, [source])).toEqual([
    "store-x does not use a-driver",
    "store-x does not declare @scope/other"
  ])
})
