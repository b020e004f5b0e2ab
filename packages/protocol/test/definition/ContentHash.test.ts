import { describe, expect, it } from "vitest"
import { ContentHash } from "../../src/index.ts"

describe("ContentHash", () => {
  it("is the SHA-256 that everybody computes", () => {
    expect(ContentHash.ofText("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    expect(ContentHash.ofText("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    expect(ContentHash.ofText("ä🙂")).toBe("c5374103df83249aede05fdeed17b3a704784571dd331a2e09db8cfd67a1b360")
  })

  it("is equal for equal JSON, whatever the order of its keys", () => {
    expect(ContentHash.ofJson({ b: [1, { d: 1, c: null }], a: "x" })).toBe(
      ContentHash.ofJson({ a: "x", b: [1, { c: null, d: 1 }] })
    )
    expect(ContentHash.ofJson([1, 2])).not.toBe(ContentHash.ofJson([2, 1]))
    expect(ContentHash.ofJson({ a: 1 })).not.toBe(ContentHash.ofJson({ a: "1" }))
  })
})
