/** Schedules that showed what went wrong once, in the few words that it takes. */
import type { NodeSpec } from "@dagflow/protocol"
import { describe, expect, it } from "vitest"
import type { CommandPlan, Outcome, Scenario } from "./scenario/Scenario.ts"
import { complaintsOf } from "./trouble.ts"

const succeedsAfter = (afterMillis: number): Outcome => ({ kind: "succeeds", afterMillis, form: "effect" })

/** Nodes that succeed after as many milliseconds as `takes` says. */
const schedule = (
  nodes: ReadonlyArray<NodeSpec.NodeSpec>,
  takes: Readonly<Record<string, number>>,
  commands: ReadonlyArray<CommandPlan>
): Scenario => ({
  seed: 0,
  flow: { name: "simulated", config: { maxParallel: 1 }, nodes },
  writes: {},
  leads: {},
  scripts: Object.fromEntries(
    Object.entries(takes).map(([id, millis]) => [
      id,
      { action: [succeedsAfter(millis)], handler: succeedsAfter(1) }
    ])
  ),
  hooks: [],
  commands,
  faults: [],
  engine: { maxParallel: undefined, inboxCapacity: 16, hookConcurrency: 16, shutdownGrace: 0 },
  store: { latencyMillis: 0, unavailable: 0 },
  runs: 1,
  isShuffled: true
})

describe("mail to a run", () => {
  // It lay unread until the next letter came: the engine knew no run of that id yet when it was told of it.
  it("is read when it comes while the run is being created", async () => {
    const letter: CommandPlan = {
      atMillis: 10,
      via: "mail",
      command: { _tag: "EmitEvent", id: "letter", name: "note" },
      isRepeated: false
    }
    const slow = schedule([{ id: "long", action: "work" }], { long: 1000 }, [letter])
    const complaints: Array<string> = []
    // The seed decides how long the store takes over the creation, and so whether the letter comes during it.
    for (let seed = 0; seed < 30; seed++) {
      complaints.push(
        ...(await complaintsOf({ ...slow, seed, store: { latencyMillis: 20, unavailable: 0 } }))
      )
    }
    expect(complaints).toEqual([])
  })
})

describe("mail that comes again", () => {
  // It lay there until the next letter came: it seemed to be the one whose removal the owner had not heard of yet.
  it("is read also when the store has removed it and the owner does not know yet", async () => {
    const letter: CommandPlan = {
      atMillis: 100,
      via: "mail",
      command: { _tag: "EmitEvent", id: "letter", name: "note" },
      isRepeated: true
    }
    const slow = schedule([{ id: "long", action: "work" }], { long: 1000 }, [letter])
    const complaints: Array<string> = []
    for (let seed = 0; seed < 30; seed++) {
      complaints.push(
        ...(await complaintsOf({ ...slow, seed, store: { latencyMillis: 20, unavailable: 0 } }))
      )
    }
    expect(complaints).toEqual([])
  })
})

describe("a node that is disabled while it waits for a slot", () => {
  // The next one in the line started first: what the skip enabled was looked at only afterwards.
  it("lets a node start that follows it and has a greater priority", async () => {
    const nodes: ReadonlyArray<NodeSpec.NodeSpec> = [
      { id: "a", action: "work" },
      { id: "b", action: "work" },
      { id: "c", action: "work", dependencies: ["b"], trigger: "all_done", priority: 1 },
      { id: "d", action: "work" }
    ]
    const disable: CommandPlan = {
      atMillis: 5,
      via: "handle",
      command: { _tag: "DisableNodes", id: "off", nodeIds: ["b"] },
      isRepeated: false
    }
    expect(await complaintsOf(schedule(nodes, { a: 10, b: 1, c: 1, d: 1 }, [disable]))).toEqual([])
  })
})
