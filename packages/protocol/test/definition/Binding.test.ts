import { describe, expect, it } from "vitest"
import { Binding } from "../../src/index.ts"

describe("Binding", () => {
  it.each([
    ["${env.KEY}", ["KEY"]],
    ["https://${env.HOST}:${env.PORT}/${env.HOST}", ["HOST", "PORT"]],
    ["${env._a1}", ["_a1"]],
    ["no variable", []],
    ["$env.KEY ${KEY} ${env.} ${env.1A} ${env.A-B} ${ env.A }", []],
    ["${env.${env.A}}", ["A"]]
  ])("finds the variables of %j", (text, names) => {
    expect(Binding.environmentNames(text)).toEqual(names)
  })

  it("fills in every variable, and takes what it is given as it is", () => {
    const lookup = (name: string) => (name === "A" ? "${env.B} $& $1" : name.toLowerCase())
    expect(Binding.fillTemplate("<${env.A}|${env.KEY}|${env.A}>", lookup)).toBe(
      "<${env.B} $& $1|key|${env.B} $& $1>"
    )
    expect(Binding.fillTemplate("nothing to do", lookup)).toBe("nothing to do")
  })

  it("finds every reference of an input, and where it stands", () => {
    const a = { ref: "a.x", default: null }
    const b = { ref: "b.y" }
    expect(Binding.references({ value: { ref: "a.x" } })).toEqual([])
    expect(Binding.references({ template: "${env.A}" })).toEqual([])
    expect(Binding.references(a)).toEqual([{ binding: a, path: ["ref"] }])
    expect(Binding.references({ list: [b, { value: [b] }, { template: "a.x" }, a] })).toEqual([
      { binding: b, path: ["list", 0, "ref"] },
      { binding: a, path: ["list", 3, "ref"] }
    ])
  })

  it("changes references, and nothing else", () => {
    const change = ({ ref, ...rest }: Binding.ReferenceBinding) => ({ ...rest, ref: `in/${ref}` })
    const others: ReadonlyArray<Binding.ItemBinding> = [{ value: { ref: "a.x" } }, { template: "a.x" }]
    for (const other of others) expect(Binding.mapReferences(other, change)).toEqual(other)
    expect(Binding.mapReferences({ ref: "a.x", default: 1 }, change)).toEqual({ ref: "in/a.x", default: 1 })
    expect(Binding.mapReferences({ list: [...others, { ref: "b.y" }] }, change)).toEqual({
      list: [...others, { ref: "in/b.y" }]
    })
  })

  it("finds the same variables every time it is asked", () => {
    const ask = () => Binding.environmentNames("${env.A}${env.B}")
    expect(ask()).toEqual(["A", "B"])
    expect(ask()).toEqual(["A", "B"])
  })
})
