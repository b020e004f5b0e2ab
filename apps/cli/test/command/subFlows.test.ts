/** What people see of a run whose node goes on as a child run: where it stands, what it asks, and the way there and back. */
import { writeFileSync } from "node:fs"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { dagflow, lines, Place } from "../Dagflow.ts"

let place: Place
let file = ""

const ask = (...words: ReadonlyArray<string>) => dagflow([...words, "--store", place.store])

/** What a command prints, with the times and the engine's name, which differ, and the store left out. */
const shown = async (...words: ReadonlyArray<string>): Promise<string> => {
  const { stdout } = await ask(...words)
  return stdout
    .replaceAll(` --store ${place.store}`, "")
    .replaceAll(/ +(\d+m )?\d+(\.\d)?s/g, " _")
    .replaceAll(/engine_\w+/g, "engine")
}

const order = `name: order
nodes:
  quote:
    flow:
      name: quote
      nodes:
        price: { action: text-reverse, inputs: { payload: "041" } }
        agree:
          action: approval
          dependencies: [price]
          inputs: { prompt: "Send the offer?" }
    returns: { agreed: agree, price: price }
  ship: { action: text-reverse, inputs: { payload: quote.price.payload }, when: quote.agreed.approved }
`

beforeEach(async () => {
  place = new Place()
  file = path.join(place.folder, "order.yaml")
  writeFileSync(file, order)
})

afterEach(() => place.remove())

describe("a run whose child run asks people", { timeout: 60_000 }, () => {
  it("says what it waits for and how to answer, and the child tells what it is a part of", async () => {
    const ended = await ask("run", file, "--id", "o1")
    expect(ended.exit).toBe(4)
    expect(ended.stdout.replaceAll(` --store ${place.store}`, ""))
      .toBe(`= o1 waiting   2 nodes: 1 pending, 1 running
  = "quote" waits for run o1/quote/1
      "agree" waits for an answer: Send the offer?
  next  dagflow approve o1/quote/1 agree
        dagflow resume o1
        dagflow cancel o1
`)
    expect(await shown("show", "o1")).toBe(`● running o1 of flow order, for _
  2 nodes: 1 pending, 1 running
  1 attempt
  log: 3 events, last taken up by engine
  = "quote" waits for run o1/quote/1
      "agree" waits for an answer: Send the offer?

● running   quote _  as run o1/quote/1 (waiting)
· pending   ship           waits for quote

next
  dagflow approve o1/quote/1 agree
  dagflow show o1/quote/1
  dagflow resume o1
`)
    expect(await shown("show", "o1", "quote")).toBe(`● running quote (flow quote)
attempts
  1 ● running _ as run o1/quote/1 (waiting)
next
  dagflow show o1/quote/1
`)
    const child = await shown("show", "o1/quote/1")
    expect(child).toContain("\n  attempt 1 of node quote in run o1\n")
    expect(child).toContain(
      "next\n  dagflow approve o1/quote/1 agree\n  dagflow show o1 quote\n  dagflow resume o1\n"
    )
    expect(await shown("runs")).toMatch(/o1\/quote\/1 .* child of o1 .*\n.* o1 .* waits for an answer/)
    const [listed] = lines((await ask("runs", "--json")).stdout)
    expect(listed?.["runs"]).toMatchObject([{ runId: "o1/quote/1", parent: "o1" }, { runId: "o1" }])
    const [document] = lines((await ask("show", "o1", "--json")).stdout)
    expect(document?.["report"]).toMatchObject({
      onlyWaits: true,
      waiting: [{ reason: { _tag: "ChildWaits", runId: "o1/quote/1", reason: { nodeId: "agree" } } }],
      nodes: [{ attempts: [{ child: { runId: "o1/quote/1", status: "running", onlyWaits: true } }] }, {}]
    })
    // As it was then, nobody can say where its child stood.
    expect(await shown("show", "o1", "--at", "3")).toContain("as run o1/quote/1\n")
  })

  it("is answered by its own id, by the node that goes on as the child, and by the node that asks", async () => {
    for (const [id, node] of [["o1"], ["o2", "quote"], ["o3", "agree"], ["o4", "quote/agree"]] as const) {
      await ask("run", file, "--id", id)
      const approved = await ask("approve", id, ...(node === undefined ? [] : [node]), "--as", "Ada")
      expect(approved.exit).toBe(0)
      expect(approved.stderr).toContain("agree asks: Send the offer?")
      expect(approved.stdout).toContain(`${id}/quote/1: agree is approved by Ada; the answer is kept`)
      expect(approved.stdout).toContain(`next  dagflow resume ${id} --store`)
      expect((await ask("resume", id)).stdout).toContain('ship.payload "041"')
    }
    expect(await shown("show", "o1", "quote")).toContain("1 ✓ succeeded _ as run o1/quote/1 (completed)")
    const nothing = await ask("approve", "o1")
    expect([nothing.exit, nothing.stderr]).toEqual([6, expect.stringContaining("o1 asks nobody anything")])
  })

  it("is drawn with its child inside of the node, when that is asked for", async () => {
    await ask("run", file, "--id", "o1")
    expect(await shown("graph", "o1")).toContain(
      "└─ quote  ● running  flow quote · run o1/quote/1\n   └─ ship"
    )
    expect(await shown("graph", "o1", "--expand")).toContain(`└─ quote  ● running  flow quote · run o1/quote/1
   ┊ └─ price  ✓ completed  text-reverse
   ┊    └─ agree  ? waiting  approval
   └─ ship  · pending  text-reverse · when quote.agreed.approved
`)
    expect(await shown("graph", file, "--expand", "-f", "dot")).toContain('subgraph "cluster quote" {')
    const [document] = lines((await ask("graph", "o1", "--expand", "-f", "json")).stdout)
    expect(document?.["graph"]).toMatchObject({
      items: [{ childRunId: "o1/quote/1", inner: { runId: "o1/quote/1", nodeCount: 2 } }, {}]
    })
  })

  it("lists the commands when its list asks more than one thing", async () => {
    const list = order.replace("  quote:\n", "  quote:\n    forEach: { items: { value: [1, 2] } }\n")
    writeFileSync(file, list.replace(/ {2}ship.*\n/, ""))
    await ask("run", file, "--id", "o1")
    const vague = await ask("approve", "o1")
    expect(vague.exit).toBe(2)
    expect(vague.stderr).toContain("o1 asks more than one thing: name the node")
    expect(vague.stderr).toContain("dagflow approve 'o1/quote[1]/1' agree")
    expect((await ask("approve", "o1", "quote[1]")).stdout).toContain("o1/quote[1]/1: agree is approved")
  })
})
