/** Makes rows comparable: one kind of genre, one kind of money. */
import { Action } from "@dagflow/core"
import * as Schema from "effect/Schema"
import { Film } from "../film/Film.ts"
import { releaseYear, Row } from "../film/Row.ts"

/** Consumer prices by year, against those of any fixed year. */
export const PriceIndex = Schema.Record(Schema.String, Schema.Finite)

export const toFilms = Action.make("to-films", {
  description: "Takes what matters of each row, with its money in the prices of one year.",
  input: Schema.Struct({ rows: Schema.Array(Row), prices: PriceIndex, inPricesOf: Schema.Int }),
  output: Schema.Struct({
    films: Schema.Array(Film),
    /** Films of years that the price index does not have. */
    withoutPrice: Schema.Int
  }),
  run: ({ inPricesOf, prices, rows }) => {
    const now = prices[String(inPricesOf)]
    if (now === undefined) throw new Error(`the price index has no year ${inPricesOf}`)
    const films = rows.flatMap((row) => {
      const year = releaseYear(row) ?? 0
      const then = prices[String(year)]
      if (then === undefined) return []
      return [
        {
          title: String(row["Title"]),
          year,
          genre: typeof row["Major Genre"] === "string" ? row["Major Genre"] : "Unknown",
          budget: Math.round((Number(row["Production Budget"]) * now) / then),
          gross: Math.round((Number(row["Worldwide Gross"]) * now) / then)
        }
      ]
    })
    return { films, withoutPrice: rows.length - films.length }
  }
})
