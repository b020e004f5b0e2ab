/** Answering what a run asks, while no process has the run. */
import { writeFileSync } from "node:fs"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
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
    expect([late.exit, late.stderr]).toEqual([6, expect.stringContaining("asks nothing at the moment")])
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
    const signal = { _tag: "SendSignal", nodeId: "number", payload: { amount: 3 } }
    expect((await ask("send", "r1", JSON.stringify(signal))).exit).toBe(0)
    await ask("resume", "r1")
    expect(await outputsOf()).toMatchObject([{ nodeId: "number", outputs: { amount: 3 } }])
  })
})
