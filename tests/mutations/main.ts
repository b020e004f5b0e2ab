/**
 * Whether the tests that the checklist names can fail: `pnpm mutate [--seed N] [--count 40] [--row N] [--all] [--at-once 2]`
 * makes mutations of the sources, each in a copy of its own, and runs the tests of their rows there. The seed is by default
 * another one every day. It fails when a mutation leaves every test of its row green.
 */
import { parseArgs } from "node:util"
import { choose, type Mutation } from "./Mutation.ts"
import { MutationRun, type Outcome } from "./MutationRun.ts"
import { mutations } from "./mutations.ts"

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    count: { type: "string", default: "40" },
    row: { type: "string", multiple: true },
    all: { type: "boolean", default: false },
    "at-once": { type: "string", default: "2" }
  }
})

const whole = (text: string, name: string): number => {
  if (/^\d+$/.test(text)) return Number(text)
  throw new Error(`--${name} is "${text}", and has to be a whole number`)
}

/** Another seed every day, so that nights differ. */
const seed = values.seed === undefined ? Math.floor(Date.now() / 86_400_000) : whole(values.seed, "seed")

const chosen = (): ReadonlyArray<Mutation> => {
  const { all, row: rows } = values
  if (rows !== undefined) return mutations.filter(({ row }) => rows.includes(`${row}`))
  return all ? mutations : choose(mutations, whole(values.count, "count"), seed)
}

const show = ({ colour, mutation: { breaks, row }, why }: Outcome): void => {
  const reason = colour === "red" ? why.split("\n", 1)[0] : why
  console.log(`${colour.padEnd(7)} row ${row}: ${breaks}\n        ${reason}`)
}

const wanted = chosen()
const run = new MutationRun(whole(values["at-once"], "at-once"))
process.once("SIGINT", () => process.exit(130))
try {
  const outcomes = await run.run(wanted, show)
  const red = outcomes.filter(({ colour }) => colour === "red").length
  const rows = new Set(outcomes.map(({ mutation }) => mutation.row)).size
  const which = values.all || values.row !== undefined ? "" : `, seed ${seed}`
  console.log(`${red} of ${outcomes.length} mutations of ${rows} rows turn a test of their row red${which}`)
  for (const { mutation } of outcomes.filter(({ colour }) => colour !== "red")) {
    console.error(`repeat row ${mutation.row} with: pnpm mutate --row ${mutation.row}`)
  }
  if (red < outcomes.length || outcomes.length === 0) process.exitCode = 1
} finally {
  await run.remove()
}
