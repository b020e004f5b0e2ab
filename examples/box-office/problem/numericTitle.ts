/** Titles that are numbers, since whoever wrote the file took "300" and "1941" for such. */
import type { Problem } from "./Problem.ts"

export const numericTitle: Problem = {
  name: "numeric-title",
  description: "with a number for a title",
  isFound: (row) => typeof row["Title"] === "number",
  repair: (row) => ({ Title: String(row["Title"]) })
}
