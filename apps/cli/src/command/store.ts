/** `dagflow store check`: holds a store of the user's to the cases of `@dagflow/store-testkit`. */
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as FlowFlags from "./FlowFlags.ts"
import { perform } from "./perform.ts"

const flags = {
  module: Argument.String("module").pipe(
    Argument.withDescription("A module whose default export is a StoreUnderTest, for instance ./my-store.ts")
  ),
  only: Flag.String("only").pipe(
    Flag.optional,
    Flag.withMetavar("<text>"),
    Flag.withDescription("Only cases whose group or name contains this text")
  ),
  histories: FlowFlags.positive("histories", 100_000, "Random histories to replay (default 100)").pipe(
    Flag.optional
  ),
  seed: Flag.Int("seed").pipe(
    Flag.optional,
    Flag.withMetavar("<n>"),
    Flag.withDescription(
      "Where chance starts from, as a failing history says (default: another number each time)"
    )
  ),
  markdown: Flag.Boolean("markdown").pipe(
    Flag.withDefault(false),
    Flag.withoutNegation,
    Flag.withDescription("Print the tables for the README of the store")
  )
}

const check = Command.make(
  "check",
  flags,
  perform((asked, { output }) =>
    Effect.gen(function* () {
      const { checkStore } = yield* Effect.promise(() => import("../store/checkStore.ts"))
      return yield* checkStore(asked, output)
    })
  )
).pipe(Command.withDescription("Check whether a store of your own keeps runs as it ought to"))

/** `dagflow store`. */
export const store = Command.make("store").pipe(
  Command.withDescription("Work on a store of your own"),
  Command.withSubcommands([check])
)
