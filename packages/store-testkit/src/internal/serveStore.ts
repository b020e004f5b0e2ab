/**
 * The process that a case starts: it opens a handle on a place and does what it is asked, until nobody asks any more.
 * `node serveStore.js <url of the store's module> <the place as JSON>`, started with a channel for messages.
 */
import { StoreError } from "@dagflow/protocol"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { StorePlace, StoreUnderTest } from "../StoreUnderTest.ts"
import type { Outcome, Question, Told } from "./wire.ts"

const tell = (told: Told): void => void process.send?.(told)

const outcomeOf = (exit: Exit.Exit<unknown, unknown>): Outcome => {
  if (Exit.isSuccess(exit)) return { _tag: "Value", value: exit.value }
  const [reason] = exit.cause.reasons
  if (reason?._tag === "Fail" && reason.error instanceof StoreError) {
    const { operation, reason: why, runId } = reason.error
    return { _tag: "Refused", refusal: { reason: { ...why }, operation, runId } }
  }
  return { _tag: "Died", message: Cause.pretty(exit.cause) }
}

const serve = ({ open }: StoreUnderTest, place: StorePlace) =>
  Effect.gen(function* () {
    const store = yield* open(place)
    const run = Effect.runCallbackWith(yield* Effect.context())
    process.on("message", ({ id, operation, parameters }: Question) => {
      const asked = Effect.suspend(() =>
        // The parameters are those of the operation, as whoever asked has checked.
        (store[operation] as (...all: ReadonlyArray<unknown>) => Effect.Effect<unknown, StoreError>)(
          ...parameters
        )
      )
      run(asked, { onExit: (exit) => tell({ _tag: "Answer", id, outcome: outcomeOf(exit) }) })
    })
    tell({ _tag: "Opened", name: store.name, abilities: store.abilities })
    yield* Effect.callback<void>((resume) => void process.once("disconnect", () => resume(Effect.void)))
  })

const [module = "", place = "{}"] = process.argv.slice(2)
const { default: store } = (await import(module)) as { readonly default: StoreUnderTest }
const exit = await Effect.runPromiseExit(Effect.scoped(serve(store, JSON.parse(place) as StorePlace)))
if (process.connected) {
  process.send?.({ _tag: "Closed", outcome: outcomeOf(exit) } satisfies Told, () => process.disconnect())
}
