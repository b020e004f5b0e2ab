import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { expect, it } from "vitest"
import { barrel } from "../../scripts/barrels.ts"
import { root } from "../repository/SourceFile.ts"

const script = (...words: ReadonlyArray<string>) =>
  spawnSync(process.execPath, [path.join(root, "scripts/barrels.ts"), ...words], { encoding: "utf8" })

it("the barrels are up to date", () => {
  const { status, stdout } = script("--check")
  expect(stdout).toBe("")
  expect(status).toBe(0)
})

it("a module that the barrel lacks is found, and the script adds it", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "dagflow-barrel-"))
  try {
    const src = path.join(folder, "packages/a/src")
    mkdirSync(path.join(src, "testing"), { recursive: true })
    writeFileSync(path.join(src, "Lease.ts"), "export class Lease {}\n")
    writeFileSync(path.join(src, "testing/Script.ts"), "export const run = 1\n")
    expect(script(folder).status).toBe(0)
    expect(script(folder, "--check").status).toBe(0)
    expect(readFileSync(path.join(src, "index.ts"), "utf8")).toContain(`export * from "./Lease.ts"\n`)
    expect(readFileSync(path.join(src, "testing/index.ts"), "utf8")).toContain("export * as Script")

    writeFileSync(path.join(src, "Owner.ts"), "export class Owner {}\n")
    const found = script(folder, "--check")
    expect(found.status).toBe(1)
    expect(found.stdout).toContain("index.ts")
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it("a module with a class of its name is spread, any other one is a namespace, private ones are left out", () => {
  const modules = new Map([
    ["id/RunId.ts", "export const RunId = 1\nexport const make = 2"],
    ["id/Key.ts", "export type Key = string"],
    ["id/Clock.ts", "export class Clock {}\nexport const layer = 1"],
    ["id/canonical.ts", "export const canonical = 1"],
    ["Fold.ts", "export class Unfold {}\nclass Fold {}"]
  ])
  expect(barrel(modules).split("\n").slice(1, -1)).toEqual([
    `export * as Fold from "./Fold.ts"`,
    `export * from "./id/Clock.ts"`,
    `export * as Key from "./id/Key.ts"`,
    `export * as RunId from "./id/RunId.ts"`
  ])
})
