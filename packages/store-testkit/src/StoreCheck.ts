/** Checks a store: runs the cases that are for it, each on a world of its own, and says what was found. */
import type { StoreError, StoreAbilities } from "@dagflow/protocol"
import type * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { StoreCaseFailed } from "./StoreCase.ts"
import * as StoreCases from "./StoreCases.ts"
import type { CaseResult, StoreReport } from "./StoreReport.ts"
import { type Chance, isStoreUnderTest, type StoreUnderTest, world } from "./StoreUnderTest.ts"

/** What is checked, and how. */
export interface CheckOptions extends Chance {
  /** Only cases whose group or name contains this text. */
  readonly only?: string | undefined
  /** How long a case may take before it has failed; default 2 minutes, at least 1 second. */
  readonly timeout?: Duration.Input | undefined
  /** Told of each case when it has ended. */
  readonly onResult?: ((result: CaseResult) => void) | undefined
}

/** What a store declares, asked on a world of its own. Fails as opening the store fails. */
export const abilitiesOf = (store: StoreUnderTest): Effect.Effect<StoreAbilities, StoreError> =>
  Effect.scoped(
    Effect.flatMap(world(store), ({ open }) => Effect.map(open, ({ abilities }) => ({ ...abilities })))
  )

/** Runs one case on a world of its own. It never fails: how the case ended is the result. */
export const runCase = (
  store: StoreUnderTest,
  one: StoreCases.GroupedCase,
  options: CheckOptions = {}
): Effect.Effect<CaseResult> => {
  const { goal, group, name } = one
  const duration = Duration.max(Duration.fromInputUnsafe(options.timeout ?? "2 minutes"), Duration.seconds(1))
  const tried = Effect.scoped(Effect.flatMap(world(store, options), one.run)).pipe(
    Effect.timeoutOrElse({
      duration,
      orElse: () =>
        Effect.fail(new StoreCaseFailed({ message: `it took longer than ${Duration.format(duration)}` }))
    }),
    Effect.exit
  )
  return Effect.map(tried, (exit): CaseResult => {
    const result = { group, name, goal }
    return Exit.isSuccess(exit)
      ? { ...result, passed: true }
      : { ...result, passed: false, message: messageOf(exit.cause) }
  })
}

/**
 * Checks a store, one case after the other.
 *
 * **Failures**
 * A store that cannot even be opened fails as it does then. A case that fails is part of the report.
 */
export const check = (
  store: StoreUnderTest,
  options: CheckOptions = {}
): Effect.Effect<StoreReport, StoreError> =>
  Effect.gen(function* () {
    const abilities = yield* abilitiesOf(store)
    const { only = "" } = options
    const cases = StoreCases.of(abilities).filter(
      ({ group, name }) => group === only || `${group}: ${name}`.includes(only)
    )
    const results: Array<CaseResult> = []
    for (const one of cases) {
      const result = yield* runCase(store, one, options)
      options.onResult?.(result)
      results.push(result)
    }
    return { store: store.name, abilities, results }
  })

/**
 * Checks the store that a module exports as its default, and promises the report. This is what the command line calls: it
 * passes plain data only, so that the module may have another copy of `effect` than whoever calls it.
 *
 * **Failures**
 * Rejects when the module cannot be loaded, exports no `StoreUnderTest`, or its store cannot be opened.
 */
export const checkModule = async (module: URL, options: CheckOptions = {}): Promise<StoreReport> => {
  const exported = (await import(module.href)) as { readonly default?: unknown }
  const store = exported.default
  if (!isStoreUnderTest(store)) {
    throw new StoreCaseFailed({
      message: `${module.pathname} has no store to be checked: export { name, module: import.meta.url, open } as its default`
    })
  }
  return Effect.runPromise(check(store, options))
}

// -- internal -------------------------------------------------------------------------------------------------------

const messageOf = (cause: Cause.Cause<StoreCaseFailed | StoreError>): string =>
  cause.reasons
    .map((reason) => {
      if (reason._tag === "Interrupt") return "it was interrupted"
      if (reason._tag === "Die") return `it throws ${textOf(reason.defect)}`
      const { error } = reason
      return error instanceof StoreCaseFailed ? error.message : `the store fails: ${error.message}`
    })
    .join("\n")

/** What was thrown, with the first lines of its stack: they say where in the store it was. */
const textOf = (defect: unknown): string =>
  defect instanceof Error
    ? (defect.stack ?? String(defect)).split("\n").slice(0, 4).join("\n")
    : String(defect)
