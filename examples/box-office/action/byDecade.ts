/** How the cost of films and what they bring in changed over time. */
import { Action } from "@dagflow/core"
import * as Schema from "effect/Schema"
import { Film, median, timesOver } from "../film/Film.ts"

/** One decade in numbers. */
export const Decade = Schema.Struct({
  decade: Schema.Int,
  films: Schema.Int,
  /** Cost of the middle film, in dollars of the chosen year. */
  budget: Schema.Finite,
  /** How many times over the middle film earned what it cost. */
  timesOver: Schema.Finite,
  /** The film that earned most over what it cost. */
  best: Schema.String
})
/** One decade in numbers. */
export type Decade = typeof Decade.Type

const best = (films: ReadonlyArray<Film>): string =>
  films.reduce((one, other) => (other.gross - other.budget > one.gross - one.budget ? other : one)).title

export const byDecade = Action.make("by-decade", {
  description: "Says for each decade what films cost and how often they earned it.",
  input: Schema.Struct({ films: Schema.Array(Film), more: Schema.optionalKey(Schema.Array(Film)) }),
  output: Schema.Struct({ decades: Schema.Array(Decade) }),
  run: ({ films, more = [] }) => ({
    decades: [...Map.groupBy([...films, ...more], ({ year }) => year - (year % 10))]
      .map(([decade, list]) => ({
        decade,
        films: list.length,
        budget: median(list.map(({ budget }) => budget)),
        timesOver: median(list.map(timesOver)),
        best: best(list)
      }))
      .sort((a, b) => a.decade - b.decade)
  })
})
