/*
 * Goal: an entry of a crontab that fires twice starts one run. Method: the command of the guide's entry, as a shell gets it from cron,
 * with the flow of this test in the place of the guide's.
 */
import { exec } from "node:child_process"
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { promisify } from "node:util"
import { afterEach, beforeEach, expect, inject, it } from "vitest"
import { dagflow, lines, Place } from "../Dagflow.ts"

const guide = path.join(import.meta.dirname, "../../../../docs/guides/starting-runs.md")

const flow = `name: report
nodes:
  approve:
    action: sleep
    inputs: { duration: 300ms }
`

let place: Place

beforeEach(() => {
  place = new Place()
  writeFileSync(path.join(place.folder, "report.yaml"), flow)
  const bin = path.join(place.folder, "bin")
  mkdirSync(bin)
  // What npx finds is this command.
  writeFileSync(
    path.join(bin, "npx"),
    `#!/bin/sh\nshift\nexec "${process.execPath}" "${inject("dagflow")}" "$@"\n`
  )
  chmodSync(path.join(bin, "npx"), 0o755)
})

afterEach(() => place.remove())

it(
  "a line of a crontab that fires twice in a minute starts one run, and both firings get its end",
  { timeout: 60_000 },
  async () => {
    const [, line = ""] = /```crontab\n(.*)\n```/.exec(readFileSync(guide, "utf8")) ?? []
    expect(line).toMatch(/^0 2 \* \* \* cd \/srv\/reports && npx dagflow run /)
    // Cron takes the five fields off, and makes % of \%.
    const command = line
      .split(" ")
      .slice(5)
      .join(" ")
      .replaceAll(String.raw`\%`, "%")
      .replace("/srv/reports", place.folder)
    const bin = path.join(place.folder, "bin")
    const env = { ...process.env, PATH: `${bin}:${process.env["PATH"]}`, DAGFLOW_STORE: place.store }
    const fire = () => promisify(exec)(command, { env })
    const first = await Promise.all([fire(), fire()])
    const again = await fire()
    expect([...first, again].map(({ stderr }) => stderr)).toEqual(
      [...first, again].map(() => expect.not.stringContaining("error"))
    )
    const listed = await dagflow(["runs", "--json", "--store", place.store])
    const [document] = lines(listed.stdout) as ReadonlyArray<{ runs: ReadonlyArray<Record<string, unknown>> }>
    const today = new Date().toISOString().slice(0, 10)
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)
    expect(document?.runs).toMatchObject([{ flow: "report", status: "completed" }])
    expect([`report-${today}`, `report-${yesterday}`]).toContain(document?.runs[0]?.["runId"])
    const events = await dagflow([
      "events",
      String(document?.runs[0]?.["runId"]),
      "--json",
      "--store",
      place.store
    ])
    const started = lines(events.stdout).filter(
      (one) => (one["event"] as { _tag: string })._tag === "NodeStarted"
    )
    expect(started).toHaveLength(1)
  }
)
