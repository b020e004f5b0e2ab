import { describe, expect, it } from "vitest"
import type { Scenario } from "./scenario/Scenario.ts"
import { complaintsOf } from "./trouble.ts"

/** One long node, and one letter that comes while the store takes its time over the creation of the run. */
const scenario = (seed: number): Scenario => ({
  seed,
  flow: { name: "simulated", nodes: [{ id: "long", action: "work" }] },
  scripts: {
    long: {
      action: [{ kind: "succeeds", afterMillis: 1000, form: "effect" }],
      handler: { kind: "succeeds", afterMillis: 1, form: "effect" }
    }
  },
  hooks: [],
  commands: [
    {
      atMillis: 10,
      via: "mail",
      command: { _tag: "EmitEvent", id: "letter", name: "note" },
      isRepeated: false
    }
  ],
  faults: [],
  engine: { maxParallel: undefined, inboxCapacity: 16, hookConcurrency: 16, shutdownGrace: 0 },
  store: { latencyMillis: 20, unavailable: 0 },
  runs: 1,
  isShuffled: true
})

describe("mail to a run", () => {
  // It lay unread until the next letter came: the engine knew no run of that id yet when it was told of it.
  it("is read when it comes while the run is being created", async () => {
    const complaints: Array<string> = []
    for (let seed = 0; seed < 30; seed++) complaints.push(...(await complaintsOf(scenario(seed))))
    expect(complaints).toEqual([])
  })
})
