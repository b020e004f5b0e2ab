import { execFile } from "node:child_process"
import path from "node:path"
import { promisify } from "node:util"
import { expect, it } from "vitest"

const runs = 10_000

it(
  "ten thousand parked runs hold no fiber and no timer each, and their process ends by itself",
  { timeout: 120_000 },
  async () => {
    const script = path.join(import.meta.dirname, "parkedCount.ts")
    // A process that something keeps alive is ended by force, and that is an error.
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--conditions", "development", script, String(runs)],
      { timeout: 110_000 }
    )
    const { after, before, handles, parked } = JSON.parse(stdout) as Record<
      "after" | "before",
      Record<string, number>
    > &
      Record<"handles" | "parked", number>
    expect([parked, handles]).toEqual([runs + 1, runs])
    expect((after["fibers"] ?? Infinity) - (before["fibers"] ?? 0)).toBeLessThan(10)
    expect((after["timers"] ?? Infinity) - (before["timers"] ?? 0)).toBeLessThan(3)
  }
)
