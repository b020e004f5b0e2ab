/*
 * Goal: each package can be installed and imported alone, by somebody who has nothing but npm and Node.
 * Method: build and pack every public package as for a release, install each into an empty folder of its own with npm,
 * import its entry points in plain Node there, and note which packages our files ask for on the way.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { build, packAll, type Tarball } from "../../scripts/Tarball.ts"
import { publicPackages } from "../repository/Package.ts"
import { entries, importAll, install, runCommand, undeclared } from "./ImportedPackage.ts"

const minutes = 60_000

let folder: string
let tarballs: ReadonlyArray<Tarball>

beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "dagflow-packaging-")))
  build()
  tarballs = packAll(folder)
}, 5 * minutes)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const tarballOf = (name: string): Tarball => {
  const found = tarballs.find(({ manifest }) => manifest.name === name)
  if (found === undefined) throw new Error(`${name} was not packed`)
  return found
}

describe.each(publicPackages())("$manifest.name", ({ manifest: { name } }) => {
  it(
    "installs alone, and each of its entry points imports in plain Node",
    async () => {
      const tarball = tarballOf(name)
      const installed = await install(tarball, tarballs, folder)
      const specifiers = entries(tarball.manifest)
      const imported = await importAll(installed, specifiers)
      for (const specifier of specifiers) expect(imported.names[specifier], specifier).not.toEqual([])
      expect(
        undeclared(
          imported,
          tarballs.map((one) => one.manifest)
        )
      ).toEqual([])
      for (const command of Object.keys(tarball.manifest.bin ?? {})) {
        expect(await runCommand(installed, command, ["--help"]), command).toContain(command)
      }
    },
    5 * minutes
  )
})

it("a package that is asked for without being declared is noticed, although it is installed", async () => {
  const place = path.join(folder, "planted")
  const write = (file: string, text: string) => {
    const target = path.join(place, "node_modules", file)
    mkdirSync(path.dirname(target), { recursive: true })
    writeFileSync(target, text)
  }
  write("hoisted/package.json", `{ "name": "hoisted", "type": "module", "exports": "./index.js" }`)
  write("hoisted/index.js", "export const a = 1")
  write(
    "@dagflow/sneaky/package.json",
    `{ "name": "@dagflow/sneaky", "type": "module", "exports": "./index.js" }`
  )
  write("@dagflow/sneaky/index.js", `export * from "hoisted"`)
  const imported = await importAll(place, ["@dagflow/sneaky"])
  expect(imported.names).toEqual({ "@dagflow/sneaky": ["a"] })
  const manifest = { name: "@dagflow/sneaky", version: "1.0.0" }
  expect(undeclared(imported, [manifest])).toEqual(["@dagflow/sneaky asks for hoisted"])
  expect(undeclared(imported, [{ ...manifest, dependencies: { hoisted: "1" } }])).toEqual([])
})
