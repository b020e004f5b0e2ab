import { afterEach, beforeEach, describe, expect, it } from "vitest"
import * as Schema from "effect/Schema"
import * as Documents from "../../src/output/Documents.ts"
import { dagflow, Place } from "../Dagflow.ts"

let place: Place

beforeEach(() => {
  place = new Place()
})

afterEach(() => place.remove())

const ask = (...words: ReadonlyArray<string>) => dagflow([...words, "--store", place.store])

describe("prune", () => {
  it("deletes runs that have ended, and no others", async () => {
    for (const [flow, id] of [
      ["hello.yaml", "done"],
      ["pause.yaml", "paused"]
    ] as const) {
      await ask("run", flow, "--id", id, "-q")
    }
    const older = await ask("prune", "--older-than", "1h", "--yes")
    expect([older.exit, older.stdout]).toEqual([
      0,
      "0 runs with 0 events, 0 artifacts and 0 cached outputs deleted\n"
    ])
    const would = await ask("prune", "--older-than", "0s", "--dry-run")
    expect(would.stdout).toMatch(
      /^ {2}done\n1 run with \d+ events, 0 artifacts and 0 cached outputs would be deleted\n$/
    )
    expect((await ask("show", "done")).exit).toBe(0)
    const { exit, stdout } = await ask("prune", "--older-than", "0s", "--yes", "--json")
    expect(exit).toBe(0)
    const document = Schema.decodeUnknownSync(Documents.PruneDocument)(JSON.parse(stdout), {
      onExcessProperty: "error"
    })
    expect(document).toMatchObject({ deleted: true, runIds: ["done"] })
    expect((await ask("show", "done")).exit).toBe(6)
    expect((await ask("show", "paused")).exit).toBe(0)
  })

  it("asks for --yes or --dry-run, and for a time, since what is deleted cannot be brought back", async () => {
    const { exit, stderr } = await ask("prune", "--older-than", "30d")
    expect([exit, stderr]).toEqual([2, expect.stringContaining("--dry-run to see what would go, or --yes")])
    expect((await ask("prune", "--yes")).exit).toBe(2)
  })
})
