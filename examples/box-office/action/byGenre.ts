/** Which kinds of films earn their money back. */
import { Action } from "@dagflow/core"
import * as Schema from "effect/Schema"
import { Film, median, timesOver } from "../film/Film.ts"

/** One genre in numbers. */
export const Genre = Schema.Struct({
  genre: Schema.String,
  films: Schema.Int,
  /** Part of the films whose tickets brought in more than they cost, 0 to 1. */
  paidBack: Schema.Finite,
  /** How many times over the middle film earned what it cost. */
  timesOver: Schema.Finite
})
/** One genre in numbers. */
export type Genre = typeof Genre.Type

export const byGenre = Action.make("by-genre", {
  description: "Says for each genre how many films paid their cost back, the best genre first.",
  input: Schema.Struct({
    films: Schema.Array(Film),
    /** Films that came to light later. */
    more: Schema.optionalKey(Schema.Array(Film))
  }),
  output: Schema.Struct({ genres: Schema.Array(Genre) }),
  run: ({ films, more = [] }) => ({
    genres: [...Map.groupBy([...films, ...more], ({ genre }) => genre)]
      .map(([genre, list]) => ({
        genre,
        films: list.length,
        paidBack: list.filter(({ budget, gross }) => gross > budget).length / list.length,
        timesOver: median(list.map(timesOver))
      }))
      .sort((a, b) => b.timesOver - a.timesOver || (a.genre < b.genre ? -1 : 1))
  })
})
