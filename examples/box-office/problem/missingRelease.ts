/** Films without a year, whose money cannot be compared with that of other years. */
import { releaseYear } from "../film/Row.ts"
import type { Problem } from "./Problem.ts"

export const missingRelease: Problem = {
  name: "missing-release",
  description: "without a year of release",
  isFound: (row) => releaseYear(row) === undefined
}
