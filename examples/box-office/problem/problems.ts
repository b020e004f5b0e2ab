/** Everything that is looked for, in the order of the report. */
import { futureRelease } from "./futureRelease.ts"
import { garbledTitle } from "./garbledTitle.ts"
import { missingMoney } from "./missingMoney.ts"
import { missingRelease } from "./missingRelease.ts"
import { missingTitle } from "./missingTitle.ts"
import { numericTitle } from "./numericTitle.ts"
import type { Problem } from "./Problem.ts"

export const problems: ReadonlyArray<Problem> = [
  futureRelease,
  garbledTitle,
  numericTitle,
  missingTitle,
  missingRelease,
  missingMoney
]
