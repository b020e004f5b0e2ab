/**
 * Release dates with a two-digit year that somebody has read as one of this century: "The Birth of a Nation" is not of
 * 2015.
 */
import { releaseYear } from "../film/Row.ts"
import type { Problem } from "./Problem.ts"

export const futureRelease: Problem = {
  name: "future-release",
  description: "released after the data were collected",
  isFound: (row, { lastYear }) => (releaseYear(row) ?? 0) > lastYear,
  repair: (row) => {
    const date = String(row["Release Date"])
    const year = releaseYear(row) ?? 0
    return { "Release Date": date.replace(/\d{4}$/, String(year - 100)) }
  }
}
