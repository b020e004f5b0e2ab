import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { dagflow, Place } from "../Dagflow.ts"

let place: Place

const ask = (...words: ReadonlyArray<string>) => dagflow([...words, "--store", place.store])

const events = async (run: string): Promise<ReadonlyArray<{ readonly event: Record<string, unknown> }>> =>
  (await ask("events", run, "--json")).stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))

beforeAll(async () => {
  place = new Place()
}, 120_000)

afterAll(() => place.remove())

describe("row 74: a budget on the command line", () => {
  it("pauses a run that uses it up, shows what was spent, and goes on with more without running anything again", async () => {
    const first = await ask("run", "budget.yaml", "--id", "thrift")
    expect(first.exit).toBe(4)
    expect(first.stdout).toContain("the budget of 250 tokens is used up: 200 spent")
    const shown = (await ask("show", "thrift")).stdout
    expect(shown).toContain("  budget: 200 of 250 tokens spent\n")
    expect(shown).toContain("  budget of branch side: 0 of 5 nodes spent\n")
    expect(shown).toMatch(/resume thrift --budget tokens=500/)
    const second = await ask("resume", "thrift", "--budget", "tokens=300")
    expect(second.exit).toBe(0)
    expect(second.stdout).toContain("Hello, Hello, Hello, world!!!")
    const log = await events("thrift")
    expect(log.filter(({ event }) => event["_tag"] === "NodeStarted")).toHaveLength(3)
    expect(log.map(({ event }) => event["_tag"])).toContain("BudgetSet")
  })

  it("is set for one run by --budget, stops it when asked to, and goes on in a fork", async () => {
    const stop = ["--budget", "tokens=150", "--budget", "onExhausted=stop", "--budget", "side.cost=2.5"]
    const { exit, stderr } = await ask("run", "budget.yaml", "--id", "stopped", ...stop)
    expect(exit).toBe(9)
    expect(stderr).toContain(
      'the budget of 150 tokens is used up: 100 spent (most by greet 100), and "again" needs 100'
    )
    expect(stderr).toContain("see dagflow help BudgetExhausted")
    expect((await ask("resume", "stopped", "--budget", "tokens=999")).exit).toBe(8)
    const forked = await ask("fork", "stopped", "--from", "again", "--id", "more", "--budget", "tokens=400")
    expect(forked.exit).toBe(0)
    const started = (await events("more")).filter(({ event }) => event["_tag"] === "NodeStarted")
    expect(started.map(({ event }) => [event["nodeId"], event["attempt"]])).toEqual([
      ["greet", 1],
      ["again", 1],
      ["last", 1]
    ])
  })

  it.each(["tokens", "tokens=many", "tokens=-1", "words=5", "time=soon", "onExhausted=wait"])(
    "refuses --budget %s, which is no limit",
    async (limit) => {
      const { exit, stderr } = await ask("run", "budget.yaml", "--budget", limit)
      expect([exit, stderr]).toEqual([2, expect.stringContaining("is no limit")])
    }
  )
})
