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

  it("finds the same variables every time it is asked", () => {
    const ask = () => Binding.environmentNames("${env.A}${env.B}")
    expect(ask()).toEqual(["A", "B"])
    expect(ask()).toEqual(["A", "B"])
  })
})
