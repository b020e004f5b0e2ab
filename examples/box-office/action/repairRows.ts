/** An action for each problem that can be put right: it says which columns of which rows to change. */
import { Action } from "@dagflow/core"
import * as Schema from "effect/Schema"
import { Row } from "../film/Row.ts"
import type { Problem } from "../problem/Problem.ts"
import { problems } from "../problem/problems.ts"

/** A change to one row of a list. */
export const Patch = Schema.Struct({ index: Schema.Int, columns: Row })
/** A change to one row of a list. */
export type Patch = typeof Patch.Type

/** The name of the action, and of the node, that puts a problem right. */
export const repairName = (problem: string): string => `repair-${problem}`

const repairOf = ({ description, isFound, name, repair }: Problem) =>
  repair === undefined
    ? []
    : [
        Action.make(repairName(name), {
          description: `Puts right films ${description}.`,
          input: Schema.Struct({ rows: Schema.Array(Row), lastYear: Schema.Int }),
          output: Schema.Struct({ patches: Schema.Array(Patch) }),
          run: ({ lastYear, rows }, { log }) => {
            const patches = rows.flatMap((row, index) =>
              isFound(row, { lastYear }) ? [{ index, columns: repair(row, { lastYear }) }] : []
            )
            log(`${patches.length} rows to change`)
            return { patches }
          }
        })
      ]

export const repairRows = problems.flatMap(repairOf)
