/** Films of which it is not known what they cost or earned; nought stands for that too. */
import type { Problem } from "./Problem.ts"

const isKnown = (money: unknown): boolean => typeof money === "number" && money > 0

export const missingMoney: Problem = {
  name: "missing-money",
  description: "without a budget or a worldwide gross",
  isFound: (row) => !isKnown(row["Production Budget"]) || !isKnown(row["Worldwide Gross"])
}
