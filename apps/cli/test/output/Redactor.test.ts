import { describe, expect, it } from "vitest"
import * as Redactor from "../../src/output/Redactor.ts"
import { RunScript } from "../RunScript.ts"

const env = {
  TOKEN: "abc123secret",
  SHORT: "abc",
  PART: "secret",
  KEY: 'line one "quoted"\nline two of it',
  OTHER: "never-named"
}

describe("Redactor", () => {
  it("hides the value of every variable that a text has named, and of no other", () => {
    const redactor = Redactor.make(env)
    expect(redactor.text("abc123secret")).toBe("abc123secret")
    redactor.learn("Bearer ${env.TOKEN}")
    expect(redactor.text("sent abc123secret twice: abc123secret, never-named")).toBe(
      "sent ${env.TOKEN} twice: ${env.TOKEN}, never-named"
    )
  })

  it("hides the longer value first when one is part of the other", () => {
    const redactor = Redactor.make(env)
    redactor.learn("${env.PART} ${env.TOKEN}")
    expect(redactor.text("abc123secret secret")).toBe("${env.TOKEN} ${env.PART}")
  })

  it("leaves values alone that are part of any text", () => {
    const redactor = Redactor.make(env)
    redactor.learn("${env.SHORT} ${env.MISSING}")
    expect(redactor.text("abc undefined")).toBe("abc undefined")
  })

  it("hides a value of several lines whole, line by line, inside JSON and inside an address", () => {
    const redactor = Redactor.make(env)
    redactor.learn("${env.KEY}")
    expect(redactor.text(`a ${env.KEY} b`)).toBe("a ${env.KEY} b")
    expect(redactor.text("line two of it")).toBe("${env.KEY}")
    expect(redactor.text(JSON.stringify({ key: env.KEY }))).toBe('{"key":"${env.KEY}"}')
    expect(redactor.text(`https://host/?key=${encodeURIComponent(env.KEY)}`)).toBe(
      "https://host/?key=${env.KEY}"
    )
  })

  it("keeps JSON what it is, and hides values in texts and keys at any depth", () => {
    const redactor = Redactor.make({ WORD: "true", NUMBER: "1234" })
    redactor.learn("${env.WORD} ${env.NUMBER}")
    const hidden = redactor.json({ a: [true, 1234, "is true"], "1234": { b: "1234" } })
    expect(hidden).toEqual({ a: [true, 1234, "is ${env.WORD}"], "${env.NUMBER}": { b: "${env.NUMBER}" } })
  })

  it("learns from the nodes and inputs of a log", () => {
    const redactor = Redactor.make(env)
    const script = new RunScript()
    script.start([{ id: "a", action: "http", inputs: { auth: { template: "Bearer ${env.TOKEN}" } } }])
    for (const { event } of script.log) redactor.learnFrom(event)
    expect(redactor.text("abc123secret")).toBe("${env.TOKEN}")
    redactor.learnFrom({
      _tag: "NodeInputsSet",
      nodeId: "a",
      inputs: { key: { template: "${env.OTHER}" } }
    })
    expect(redactor.text("never-named")).toBe("${env.OTHER}")
  })
})
