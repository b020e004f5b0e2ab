/** Writes the report as text. */
import { Action } from "@dagflow/core"
import * as Schema from "effect/Schema"
import { problems } from "../problem/problems.ts"
import { Decade } from "./byDecade.ts"
import { Genre } from "./byGenre.ts"

const Input = Schema.Struct({
  inPricesOf: Schema.Int,
  accepted: Schema.Int,
  rejected: Schema.Int,
  problems: Schema.Record(Schema.String, Schema.Int),
  genres: Schema.Array(Genre),
  decades: Schema.Array(Decade),
  /** Rejected rows that passed the checks once they were put right. */
  mended: Schema.optionalKey(Schema.Int),
  /** The genres as they were without those rows. */
  genresBefore: Schema.optionalKey(Schema.Array(Genre))
})

export const composeReport = Action.make("compose-report", {
  description: "Writes the report as Markdown.",
  input: Input,
  output: Schema.Struct({ text: Schema.String }),
  run: (input) => ({ text: [heading(input), genreTable(input), decadeTable(input), ""].join("\n\n") })
})

// -- internal -------------------------------------------------------------------------------------------------------

type Input = typeof Input.Type

const whole = new Intl.NumberFormat("en")
const percent = (part: number): string => `${(100 * part).toFixed(1)} %`
const times = (number: number): string => `${number.toFixed(2)} ×`
const millions = (dollars: number): string => `$${(dollars / 1_000_000).toFixed(1)} M`

/** A Markdown table whose columns also stand below each other where nobody renders it. */
const table = (header: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const cells = [header, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")))
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const lines = cells.map((row) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)
    )
  )
  const rule = widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`))
  const [first = [], ...rest] = lines
  return [first, rule, ...rest].map((row) => `| ${row.join(" | ")} |`).join("\n")
}

const heading = (input: Input): string => {
  const { accepted, mended = 0, rejected } = input
  const found = problems.flatMap(({ description, name, repair }) => {
    const count = input.problems[name] ?? 0
    if (count === 0) return []
    const remedy = repair === undefined ? "left out" : mended > 0 ? "put right" : "left out so far"
    return [`- ${whole.format(count)} ${description}: ${remedy}`]
  })
  const films = `${whole.format(accepted + mended)} of ${whole.format(accepted + rejected)} films count.`
  const repaired = mended === 0 ? [] : [`${whole.format(mended)} of them had to be put right first.`]
  const list = found.length === 0 ? [] : ["", "What was wrong:", "", ...found]
  return [
    "# Which films earn their money back?",
    "",
    [films, ...repaired, `Money is in dollars of ${input.inPricesOf}.`].join(" "),
    ...list
  ].join("\n")
}

const genreTable = ({ genres, genresBefore }: Input): string => {
  const before = new Map(genresBefore?.map((one) => [one.genre, one]))
  const change = ({ films, genre }: Genre): ReadonlyArray<string> =>
    genresBefore === undefined ? [] : [`+${films - (before.get(genre)?.films ?? 0)}`]
  const header = ["genre", "films", "paid back", "middle film earned its cost"]
  return `## By genre\n\n${table(
    genresBefore === undefined ? header : [...header, "films put right"],
    genres.map((one) => [
      one.genre,
      whole.format(one.films),
      percent(one.paidBack),
      times(one.timesOver),
      ...change(one)
    ])
  )}`
}

const decadeTable = ({ decades }: Input): string =>
  `## By decade\n\n${table(
    ["decade", "films", "middle film cost", "earned its cost", "earned most"],
    decades.map((one) => [
      `${one.decade}s`,
      whole.format(one.films),
      millions(one.budget),
      times(one.timesOver),
      one.best
    ])
  )}`
