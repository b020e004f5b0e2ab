/** The words of the code are the words of the glossary: a public noun that it does not explain is not public yet. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import * as Protocol from "../src/index.ts"

const glossary = readFileSync(new URL("../../../docs/glossary.md", import.meta.url), "utf8")
const quoted = new Set([...glossary.matchAll(/`(\w+)`/g)].map((found) => found[1] ?? ""))

/** What an error module exports besides its error belongs to the error. */
const partsOfErrors = ["Problem", "ProblemCode", "SourcePosition", "RunReason", "StoreReason"]

describe("the glossary", () => {
  it("has every public name of the package", () => {
    const names = Object.keys(Protocol).filter((name) => !partsOfErrors.includes(name))
    expect(names.filter((name) => !quoted.has(name))).toEqual([])
  })

  it("explains each word once", () => {
    const words = [...glossary.matchAll(/^- \*\*([^*]+)\*\*/gm)].map((found) => found[1]?.toLowerCase())
    expect(words.length).toBeGreaterThan(40)
    expect(new Set(words).size).toBe(words.length)
  })
})
