/**
 * Goal: whenever a process dies, nothing that was recorded is lost and nothing that was recorded happens again. Method: real
 * processes are killed with SIGKILL before, during and after what they write, in what they do and at any time, alone or while
 * others compete for the same runs; their actions note in a file of their own what they really did. `pnpm crash` does the
 * same for a whole night, and repeats a single trial.
 */
import { describe, expect, it } from "vitest"
import { Campaign } from "./Campaign.ts"
import { crashStores } from "./CrashStore.ts"

/** Two for each cell of the histogram, and some more. */
const kills = 230

describe("runs whose processes are killed", () => {
  it(
    "end as if nobody had been killed, with every outcome recorded once and no finished node run again",
    { timeout: 600_000 },
    async () => {
      const campaign = new Campaign({ stores: crashStores, processes: [1, 3], kills, from: 0, lanes: 4 })
      const { failures, histogram, trials } = await campaign.run()
      console.log(`${histogram.toString()}, in ${trials} trials`)
      expect(failures).toEqual([])
      expect(histogram.empty).toEqual([])
      expect(histogram.total).toBeGreaterThanOrEqual(kills)
    }
  )
})
