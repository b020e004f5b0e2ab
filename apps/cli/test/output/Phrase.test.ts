import { describe, expect, it } from "vitest"
import * as Phrase from "../../src/output/Phrase.ts"

describe("Phrase", () => {
  it.each([
    [0, "0.0s"],
    [49, "0.0s"],
    [1249, "1.2s"],
    [59_949, "59.9s"],
    [59_950, "1m 00s"],
    [124_000, "2m 04s"],
    [3_599_500, "1h 00m"],
    [10_920_000, "3h 02m"]
  ])("%i ms took %s", (millis, text) => {
    expect(Phrase.duration(millis)).toBe(text)
  })

  it.each([
    [0, "0:00.0", "00:00"],
    [61_250, "1:01.2", "01:01"],
    [3_723_400, "1:02:03.4", "1:02:03"],
    [-5, "0:00.0", "00:00"]
  ])("%i ms after the start it is %s, on a clock %s", (millis, elapsed, clock) => {
    expect(Phrase.elapsed(millis)).toBe(elapsed)
    expect(Phrase.clock(millis)).toBe(clock)
  })

  it("counts with thousands and plurals", () => {
    expect(Phrase.count(1, "node")).toBe("1 node")
    expect(Phrase.count(1_234_567, "node")).toBe("1,234,567 nodes")
    expect(Phrase.count(2, "retry", "retries")).toBe("2 retries")
  })

  it.each([
    ["plain text!", 10, "plain tex…"],
    ["short", 10, "short"],
    ["漢字漢字漢字", 7, "漢字漢…"],
    ["👩‍👩‍👧‍👦 family", 4, "👩‍👩‍👧‍👦 …"],
    ["abc", 0, ""]
  ])("cuts %j to %i cells", (text, cells, cut) => {
    expect(Phrase.clip(text, cells)).toBe(cut)
    expect(Phrase.width(Phrase.clip(text, cells))).toBeLessThanOrEqual(Math.max(cells, 0))
  })

  it("switches colours off where it cuts inside of them", () => {
    const cut = Phrase.clip("\u001b[31mred and long\u001b[39m", 6)
    expect(cut).toBe("\u001b[31mred a\u001b[0m…")
  })

  it("takes from foreign text whatever a terminal would obey", () => {
    const hostile =
      "\u001b[31mred\u001b[0m \u001b]8;;http://a\u0007link\u001b]8;;\u0007 \u009b2J\u202etxt\u0008"
    expect(Phrase.harmless(hostile)).toBe("red link txt")
    expect(Phrase.oneLine("  a\r\n   b\nc ")).toBe("a b c")
  })

  it.each([
    ["r1", "r1"],
    ["flow.ts#nightly", "flow.ts#nightly"],
    ["#x", "'#x'"],
    ["my flow.yaml", "'my flow.yaml'"],
    ["it's", `'it'\\''s'`],
    ["", "''"]
  ])("a shell takes %j as %s", (text, word) => {
    expect(Phrase.shellWord(text)).toBe(word)
  })
})
