/*
 * Goal: anything can be said to a run, whoever owns it, and it is carried out once.
 * Method: one process runs a flow that holds at a node until a file is there, or has left it; another one sends commands.
 */
import { writeFileSync } from "node:fs"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { dagflow, lines, Place, type Running, start, until } from "../Dagflow.ts"

let place: Place
let running: Running

const ask = (words: ReadonlyArray<string>, input?: string) =>
  dagflow([...words, "--store", place.store], input === undefined ? {} : { input })

const send = (command: object | string, ...more: ReadonlyArray<string>) =>
  ask(["send", "r1", typeof command === "string" ? command : JSON.stringify(command), ...more])

const eventsOf = async (tag: string) =>
  lines((await ask(["events", "r1", "--json", "--type", tag])).stdout).map((line) => line["event"])

beforeEach(async () => {
  place = new Place()
  running = start([
    "run",
    "hold.yaml",
    "--id",
    "r1",
    "--grace",
    "0s",
    "--store",
    place.store,
    ...place.inputs
  ])
  await until("the flow holds", () => place.journaled().includes("held 1"))
})

afterEach(async () => {
  running.child.kill("SIGKILL")
  await running.ended
  place.remove()
})

describe("send", () => {
  it("has a command carried out by the process that owns the run, and says by which event", async () => {
    const node = { id: "more", action: "note", inputs: { journal: { value: place.journal } } }
    const added = await send({ _tag: "AddNode", node })
    expect([added.exit, added.stderr]).toEqual([0, ""])
    expect(added.stdout).toMatch(/^r1: AddNode is done \(event \d+\): more\n$/)
    await until("it runs", () => place.journaled().includes("more 1"))
    writeFileSync(place.until, "")
    expect((await running.ended).exit).toBe(0)
  })

  it("carries out a command of one id once, however often it is sent", async () => {
    const command = { _tag: "EmitEvent", id: "bell-1", name: "bell" }
    const [first, second] = [await send(command, "--json"), await send(command, "--json")]
    expect(lines(first.stdout)).toMatchObject([
      {
        schema: "dagflow.send/1",
        runId: "r1",
        command: "EmitEvent",
        id: "bell-1",
        status: "done",
        nodeIds: []
      }
    ])
    expect(second.stdout).toBe(first.stdout)
    expect(await eventsOf("EventEmitted")).toEqual([{ _tag: "EventEmitted", name: "bell" }])
  })

  it("keeps a command for a run that nobody owns, and the next process carries it out", async () => {
    running.child.kill("SIGINT")
    expect((await running.ended).exit).toBe(130)
    const kept = await ask(["send", "r1", "-"], `{ "_tag": "EmitEvent", "name": "bell" }`)
    expect(kept.exit).toBe(0)
    expect(kept.stdout).toBe(
      `r1 is owned by nobody; EmitEvent is kept for whoever takes it up\n  next  dagflow resume r1 --store ${place.store}\n`
    )
    writeFileSync(place.until, "")
    expect((await ask(["resume", "r1"])).exit).toBe(0)
    expect(await eventsOf("EventEmitted")).toEqual([{ _tag: "EventEmitted", name: "bell" }])
  })

  it("and pause wait for an owner that was killed only as long as its claim holds", async () => {
    running.child.kill("SIGKILL")
    await running.ended
    const [sent, paused] = await Promise.all([
      send({ _tag: "EmitEvent", name: "bell" }),
      ask(["pause", "r1", "--json"])
    ])
    expect([sent.exit, sent.stdout]).toEqual([0, expect.stringContaining("EmitEvent is kept")])
    expect(lines(paused.stdout)).toMatchObject([{ status: "sent" }])
    expect(sent.stderr).toContain("owns r1 and gives no sign of life; in 5.0s more it counts as dead")
  })

  it("shows why the run refuses a command, with 8", async () => {
    const { exit, stderr } = await send({ _tag: "RetryNode", nodeId: "hold" })
    expect(exit).toBe(8)
    expect(stderr).toContain("RetryNode was refused")
  })

  it.each([
    ["{ _tag: RetryNode }", "it is no JSON", "write it like this"],
    ["{}", 'it has no "_tag"', "the commands are AddNode, "],
    [`{ "_tag": "RetryNod" }`, 'there is no command "RetryNod"', 'did you mean "RetryNode"?'],
    [`{ "_tag": "RetryNode" }`, "nodeId", ""],
    // Whatever a hook can answer can be sent.
    [`{ "_tag": "SetChannel" }`, `SetChannel: Missing key at ["channel"]`, ""],
    [`{ "_tag": "SetBudget", "token": 5 }`, `SetBudget: `, ""],
    [
      `{ "_tag": "AddNode", "node": { "action": "a", "inputs": { "b": 1 } } }`,
      `["node"]["inputs"]["b"]`,
      `an input is { "value": 1 }, or { "ref": "node.output" }`
    ],
    [`{ "_tag": "RetryNode", "nodeId": "a", "node": "b" }`, "node", ""]
  ])("refuses what is no command, with 3 and before anything is sent: %s", async (text, why, next) => {
    const { exit, stderr } = await send(text)
    expect([exit, stderr]).toEqual([3, expect.stringContaining("error[InvalidCommand]: the command: ")])
    expect(stderr).toContain(why)
    expect(stderr).toContain(next)
  })
})
