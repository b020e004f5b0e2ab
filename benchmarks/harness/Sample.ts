/** One measurement in a process of its own, so that no system profits from what another one has warmed up. */
import { spawn } from "node:child_process"
import path from "node:path"
import type { Case } from "./Case.ts"

/** What one measurement gave. */
export interface Sample {
  readonly buildMillis: number
  readonly runMillis: number
  readonly cpuMillis: number
  readonly storedBytes?: number
  /** The most memory the process ever had, all of Node included. */
  readonly peakBytes: number
}

/** How long one measurement may take, in milliseconds. */
export const limitMillis = 60_000

const child = path.join(import.meta.dirname, "../child.ts")

/** Measures once; `undefined` when it takes longer than the limit. */
export const take = (one: Case): Promise<Sample | undefined> =>
  new Promise((resolve, reject) => {
    const process_ = spawn(process.execPath, [child, JSON.stringify(one)], {
      stdio: ["ignore", "pipe", "inherit"]
    })
    let output = ""
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      process_.kill("SIGKILL")
    }, limitMillis)
    process_.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()))
    process_.once("error", reject)
    process_.once("close", (code) => {
      clearTimeout(timer)
      if (isLate) resolve(undefined)
      else if (code === 0) resolve(JSON.parse(output) as Sample)
      else reject(new Error(`${one.system}, ${one.workload}, ${one.size} nodes: exit code ${code}`))
    })
  })
