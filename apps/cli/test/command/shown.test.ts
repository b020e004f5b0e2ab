/** What `show` tells of a run with a long list, and of a node that waits; what is said where there is nothing to do. */
import { writeFileSync } from "node:fs"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { dagflow, Place } from "../Dagflow.ts"

let place: Place

const ask = (...words: ReadonlyArray<string>) => dagflow([...words, "--store", place.store])

const linesOf = (text: string): ReadonlyArray<string> => text.split("\n").filter((line) => line !== "")

/** A list of 40 of which one fails, and a question to people. */
const flow = `name: wide
config: { onFailure: continue }
inputs: { places: array }
nodes:
  take:
    action: choose
    forEach: { items: inputs.places, onItemFailure: best_effort }
    inputs: { place: each.item }
  publish:
    action: approval
    inputs: { prompt: "Publish all of it?" }
    dependencies: [take]
`

const config = `export default {
  actions: [{ name: "choose", run: ({ place }) => {
    if (place === 7) throw new Error("seven is taken")
    return { place }
  } }],
  hooks: [{ name: "grower", on: ["NodeCompleted"], handle: ({ event }) =>
    event.nodeId === "alone" ? [{ _tag: "AddNode", node: { id: "alone", action: "choose" } }] : [] }]
}
`

beforeAll(async () => {
  place = new Place()
  writeFileSync(path.join(place.folder, "wide.yaml"), flow)
  writeFileSync(path.join(place.folder, "dagflow.config.mjs"), config)
  const places = JSON.stringify(Array.from({ length: 40 }, (_, index) => index))
  const file = path.join(place.folder, "wide.yaml")
  expect((await ask("run", file, "--id", "w1", "-q", "--input", `places=${places}`)).exit).toBe(4)
}, 60_000)

afterAll(() => place.remove())

describe("show", { timeout: 60_000 }, () => {
  it("tells of a long list in one line, and by themselves only of the items that need somebody's eye", async () => {
    const { stdout } = await ask("show", "w1")
    const nodes = linesOf(stdout).filter((line) => /^. (failed|waiting|completed|pending) /.test(line))
    expect(nodes.map((line) => line.replaceAll(/ +(\d+\.\ds)? +/g, " "))).toEqual([
      "✗ failed take[7] Error: seven is taken",
      "? waiting publish 0.0s",
      "✓ completed take 40 items: 39 completed, 1 failed"
    ])
    expect(stdout).toContain("  … 39 more nodes (--all lists them)")
    expect(linesOf((await ask("show", "w1", "--all")).stdout).length).toBeGreaterThan(42)
  })

  it("says what was refused, as the progress and the log do, each once", async () => {
    const file = path.join(place.folder, "alone.yaml")
    writeFileSync(file, "name: alone\nnodes:\n  alone: { action: choose, inputs: { place: 1 } }\n")
    const { exit, stderr } = await ask("run", file, "--id", "r1")
    expect(exit).toBe(0)
    const why = 'a node "alone" exists already'
    expect(linesOf(stderr).filter((line) => line.includes("exists already"))).toEqual([
      expect.stringMatching(/^0:00\.\d refused {3}AddNode a node "alone" exists already$/)
    ])
    const refused = { sequence: 5, command: "AddNode", hook: "grower", message: why }
    const { stdout } = await ask("show", "r1")
    expect(stdout).toContain(`\n  1 command refused:\n    AddNode of hook grower at event 5: ${why}\n`)
    expect(JSON.parse((await ask("show", "r1", "--json")).stdout)).toMatchObject({
      refused: { count: 1, last: [{ ...refused, code: "DuplicateNode" }] }
    })
    const events = (await ask("events", "r1", "--type", "CommandRejected")).stdout
    expect(events).toContain(`CommandRejected  AddNode DuplicateNode: ${why} hook=grower\n`)
  })

  it("says of a node that waits what it asks, and how to answer", async () => {
    const { stdout } = await ask("show", "w1", "publish")
    expect(stdout).toContain('\n  "publish" waits for an answer: Publish all of it?\n')
    expect(stdout).toContain(`\nnext\n  dagflow approve w1 publish --store ${place.store}\n`)
  })
})

describe("a fork with nothing to run", { timeout: 60_000 }, () => {
  it("is refused with the flags that say where to go on, and makes no run", async () => {
    expect((await ask("run", "hello.yaml", "--id", "done", "-q")).exit).toBe(0)
    const { exit, stderr, stdout } = await ask("fork", "done", "--id", "copy")
    expect([exit, stdout]).toEqual([2, ""])
    expect(stderr).toContain("done has ended, so a fork of its end has nothing to run")
    expect(stderr).toContain(`dagflow fork done --from <node> --store ${place.store}`)
    expect(stderr).toContain(`dagflow fork done --at <event> --store ${place.store}`)
    expect((await ask("show", "copy")).exit).toBe(6)
    // Where it is only looked at, or named on purpose, it is what it is.
    expect((await ask("fork", "done", "--dry-run")).stdout).toContain("0 nodes to run")
    expect((await ask("fork", "done", "--at", "8", "--id", "copy", "-q")).exit).toBe(0)
  })
})

describe("runs", { timeout: 60_000 }, () => {
  it("tells runs that wait for an answer, or have one, from those that were left behind", async () => {
    const lineOf = async () => linesOf((await ask("runs")).stdout).find((line) => line.includes(" w1 ")) ?? ""
    expect(await lineOf()).toContain("waits for an answer")
    expect((await ask("approve", "w1", "publish")).exit).toBe(0)
    expect(await lineOf()).toContain("answered: resume it")
  })
})

describe("import", { timeout: 60_000 }, () => {
  it("names the file that is no export of a run, and what writes one", async () => {
    const file = path.join(place.folder, "wrong.json")
    writeFileSync(file, `{ "name": "wrong" }`)
    const { exit, stderr } = await ask("import", file)
    expect(exit).toBe(3)
    expect(stderr).toContain(`${file}: this is no export of a run: Missing key`)
    expect(stderr).toContain("dagflow export <run> --out <file>")
    expect(stderr).not.toContain('run ""')
  })

  it("and --input-file say of a file what is wrong with it, in the same words", async () => {
    const file = path.join(place.folder, "half.json")
    writeFileSync(file, `{ "name": `)
    const [imported, ran] = [await ask("import", file), await ask("run", "hello.yaml", "--input-file", file)]
    expect([imported.exit, ran.exit]).toEqual([3, 3])
    expect(imported.stderr).toContain(`InvalidInput]: ${file} is no JSON: `)
    expect(ran.stderr).toContain(`InvalidInput]: --input-file: ${file} is no JSON: `)
    writeFileSync(file, "[]")
    const listed = await ask("run", "hello.yaml", "--input-file", file)
    expect([listed.exit, listed.stderr]).toEqual([
      3,
      expect.stringContaining(`--input-file: ${file} is not an object of inputs by name`)
    ])
  })
})
