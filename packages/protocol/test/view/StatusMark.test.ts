import { describe, expect, it } from "vitest"
import { NodeStatus, StatusMark } from "../../src/index.ts"

/** Relative luminance of a colour `#rrggbb`, as the guidelines for accessible content define it. */
const luminance = (colour: string): number => {
  const part = (at: number) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

const contrast = (one: string, other: string): number => {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

describe("StatusMark", () => {
  it("has a contrast of at least 4.5 : 1 for every colour on its background", () => {
    for (const { dark, light } of Object.values(StatusMark.colours)) {
      expect(contrast(light, "#ffffff")).toBeGreaterThanOrEqual(4.5)
      expect(contrast(dark, "#0d1117")).toBeGreaterThanOrEqual(4.5)
    }
  })

  it("has a word and a sign of its own for every status of a node", () => {
    const marks = NodeStatus.all.map((status) => StatusMark.ofNode[status])
    expect(marks.map((mark) => mark.word)).toEqual(NodeStatus.all)
    expect(new Set(marks.map((mark) => mark.sign)).size).toBe(marks.length)
    expect(new Set(marks.map((mark) => mark.asciiSign)).size).toBe(marks.length)
    for (const mark of [...marks, ...Object.values(StatusMark.ofRun)]) {
      expect(mark.sign).toHaveLength(1)
      expect(mark.asciiSign).toMatch(/^[\u0020-\u007e]$/)
    }
  })

  it("has the word of the status for every status of a run", () => {
    for (const [status, mark] of Object.entries(StatusMark.ofRun)) expect(mark.word).toBe(status)
  })
})
