/** Answering what a run asks, while no process has the run. */
import { writeFileSync } from "node:fs"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import * as Schema from "effect/Schema"
import { ApproveDocument } from "../../src/output/Documents.ts"
import { dagflow, lines, Place } from "../Dagflow.ts"

let place: Place

const ask = (...words: ReadonlyArray<string>) => dagflow([...words, "--store", place.store])

const flow = `name: release
nodes:
  publish:
    action: approval
    inputs: { prompt: Publish version 3? }
  number:
    action: wait-for-signal
    inputs:
      schema: { type: object, properties: { amount: { type: number } }, required: [amount] }
`

const outputsOf = async () =>
  lines((await ask("events", "r1", "--json", "--type", "NodeCompleted")).stdout).map((line) => line["event"])

beforeEach(async () => {
  place = new Place()
  const file = path.join(place.folder, "release.yaml")
  writeFileSync(file, flow)
  expect((await ask("run", file, "--id", "r1")).exit).toBe(4)
})

afterEach(() => place.remove())

describe("approve and reject", { timeout: 60_000 }, () => {
  it("exit with 0 while no process lives, and the next process applies the answer", async () => {
    const approved = await ask("approve", "r1", "publish", "--as", "Ada", "--comment", "as agreed")
    expect(approved.exit).toBe(0)
    expect(approved.stdout).toContain("r1: publish is approved by Ada; the answer is kept")
    expect(approved.stderr).toContain("publish asks: Publish version 3?")
    expect((await ask("resume", "r1")).exit).toBe(4)
    expect(await outputsOf()).toMatchObject([{ nodeId: "publish", outputs: { approved: true } }])
    const signals = lines((await ask("events", "r1", "--json", "--type", "SignalReceived")).stdout)
    expect(signals).toMatchObject([{ event: { by: "Ada", comment: "as agreed" } }])
    const late = await ask("reject", "r1", "publish")
    expect([late.exit, late.stderr]).toEqual([
      8,
      expect.stringContaining('"publish" of r1 was answered by Ada at ')
    ])
    const early = await ask("approve", "r1", "nothing")
    expect([early.exit, early.stderr]).toEqual([6, expect.stringContaining("asks nothing at the moment")])
  })

  it("tell whoever comes second who was first, also while the first answer is only kept", async () => {
    expect((await ask("approve", "r1", "publish", "--as", "Ada")).exit).toBe(0)
    const second = await ask("reject", "r1", "publish", "--as", "Ben")
    expect([second.exit, second.stdout, second.stderr]).toEqual([
      8,
      "",
      expect.stringMatching(
        /error\[AlreadyAnswered\]: "publish" of r1 was answered by Ada at \S+, which is kept for whoever takes the run up/
      )
    ])
    const listed = await ask("approve")
    expect(listed.stdout).toMatch(
      /^r1 {2}publish .*\n.*; answered by Ada at \S+, which is kept .*\n {2}dagflow resume r1/m
    )
    const { waits } = Schema.decodeUnknownSync(ApproveDocument)(
      JSON.parse((await ask("approve", "--json")).stdout)
    )
    expect(waits.map(({ answered, wait }) => [wait.nodeId, answered?.by])).toEqual([
      ["number", undefined],
      ["publish", "Ada"]
    ])
    await ask("resume", "r1")
    expect(await outputsOf()).toMatchObject([{ nodeId: "publish", outputs: { approved: true } }])
  })

  it("reject says no, and what is asked has to be named when it is more than one thing", async () => {
    const vague = await ask("reject", "r1")
    expect([vague.exit, vague.stderr]).toEqual([2, expect.stringContaining("name the node")])
    expect((await ask("reject", "r1", "publish", "--json")).exit).toBe(0)
    await ask("resume", "r1")
    expect(await outputsOf()).toMatchObject([{ nodeId: "publish", outputs: { approved: false } }])
  })

  it("refuses a yes where something else is asked, and leaves nothing behind", async () => {
    const wrong = await ask("approve", "r1", "number")
    expect([wrong.exit, wrong.stderr]).toEqual([3, expect.stringContaining("another answer than yes or no")])
    expect(wrong.stderr).toContain(`dagflow approve r1 number --answer '{"amount":0}' --store`)
    const signal = { _tag: "SendSignal", nodeId: "number", payload: { amount: 3 } }
    expect((await ask("send", "r1", JSON.stringify(signal))).exit).toBe(0)
    await ask("resume", "r1")
    expect(await outputsOf()).toMatchObject([{ nodeId: "number", outputs: { amount: 3 } }])
  })

  it("take a whole answer, and tell what is wrong with one that does not fit", async () => {
    const answers = [
      ["{", 2, "--answer has to be a JSON object"],
      ["[1]", 2, "--answer has to be a JSON object"],
      ['{"amount":"three"}', 3, '"number": this answer does not fit: Expected number at ["amount"]'],
      ['{"amount":3}', 0, ""]
    ] as const
    for (const [answer, exit, message] of answers) {
      const told = await ask("approve", "r1", "number", "--answer", answer)
      expect([answer, told.exit]).toEqual([answer, exit])
      expect(told.stderr).toContain(message)
    }
    await ask("resume", "r1")
    expect(await outputsOf()).toMatchObject([{ nodeId: "number", outputs: { amount: 3 } }])
  })

  it("without a run list what waits, with commands that answer it as they stand", async () => {
    const listed = await ask("approve")
    expect(listed.exit).toBe(0)
    const told = listed.stdout.split("\n").filter((line) => line !== "")
    expect(told.map((line) => line.replace(/for .*$/, "for"))).toEqual([
      "r1  number  an answer",
      "  of flow release, for",
      `  dagflow approve r1 number --answer '{"amount":0}' --store ${place.store}`,
      "r1  publish  Publish version 3?",
      "  of flow release, for",
      `  dagflow approve r1 publish --store ${place.store}`,
      `  dagflow reject r1 publish --store ${place.store}`
    ])
    const [document] = lines((await ask("reject", "--json")).stdout)
    const { waits } = Schema.decodeUnknownSync(ApproveDocument)(document)
    for (const { commands } of waits) {
      const words = [...(commands[0] ?? "").matchAll(/'([^']*)'|(\S+)/g)].map(
        ([, quoted, plain]) => quoted ?? plain ?? ""
      )
      expect((await dagflow(words.slice(1))).exit).toBe(0)
    }
    expect((await ask("resume", "r1")).exit).toBe(0)
    const nothing = await ask("approve")
    expect([nothing.exit, nothing.stdout]).toEqual([0, ""])
    expect(nothing.stderr).toContain("Nothing waits for anybody")
  })

  it("list deadlines and what happens then", async () => {
    const file = path.join(place.folder, "late.yaml")
    const inputs = "{ prompt: Ship?, timeout: 2d, onTimeout: reject }"
    writeFileSync(file, `name: late\nnodes:\n  ship:\n    action: approval\n    inputs: ${inputs}\n`)
    expect((await ask("run", file, "--id", "r2")).exit).toBe(4)
    const { stdout } = await ask("approve")
    expect(stdout).toMatch(
      /r2 {2}ship {2}Ship\?\n.*; until 20\S+Z \(in .*\), then the default answer is taken\n/
    )
  })
})
