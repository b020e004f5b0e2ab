/** Films that nobody can tell from others. */
import type { Problem } from "./Problem.ts"

export const missingTitle: Problem = {
  name: "missing-title",
  description: "without a title",
  isFound: (row) => row["Title"] === null || row["Title"] === undefined || row["Title"] === ""
}
