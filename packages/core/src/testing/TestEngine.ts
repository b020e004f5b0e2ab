/**
 * An engine for tests: its time stands still until the test moves it, and its ids, its owner and its chance are the same
 * every time.
 */
import type { StoreDriver, StoreError } from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as TestClock from "effect/testing/TestClock"
import type * as Action from "../action/Action.ts"
import * as Actions from "../action/Actions.ts"
import { keyedRandom } from "../decide/keyedRandom.ts"
import { DagFlow } from "../engine/DagFlow.ts"
import type { EngineOptions } from "../engine/EngineConfig.ts"
import type * as Hook from "../hook/Hook.ts"
import * as Hooks from "../hook/Hooks.ts"

/** What a test's engine is made of. Everything but the store may be left out. */
export interface TestEngineOptions<E = never> extends EngineOptions {
  /** Where runs are kept: for instance `MemoryStore.layer`, or the layer of a `CrashingStore`. */
  readonly store: Layer.Layer<StoreDriver, E>
  /** Actions that flows find by name; they stand in for those of the same name that a flow in TypeScript brings itself. */
  readonly actions?: ReadonlyArray<Action.Any<never>>
  readonly hooks?: ReadonlyArray<Hook.Any<never>>
  /** Start of every random choice: generated ids, seeds of runs and so the jitter of retries; default 1. */
  readonly seed?: number
}

const seeded = (seed: number): Random.Random => {
  let drawn = 0
  const nextDoubleUnsafe = () => keyedRandom(seed, "test", drawn++)
  const whole = Number.MAX_SAFE_INTEGER
  return { nextDoubleUnsafe, nextIntUnsafe: () => Math.floor((nextDoubleUnsafe() * 2 - 1) * whole) }
}

/** The clock of the test, when it has a test clock already, so that several engines of one test share their time. */
const clock: Layer.Layer<never> = Layer.unwrap(
  Clock.clockWith((ambient) =>
    Effect.succeed("withLive" in ambient ? Layer.succeed(Clock.Clock, ambient) : TestClock.layer())
  )
) as Layer.Layer<never>

/**
 * An engine for tests.
 *
 * **Details**
 * Its owner is `test` unless `owner` says otherwise. Inside of `it.effect`, or wherever there is a `TestClock`, it uses
 * that one; otherwise it brings one. Either way `TestClock.adjust` moves the engine's time. The layer gives its chance to
 * whatever is provided with it, so that ids that `start` generates are the same every time.
 *
 * **Example**
 * ```ts
 * const engine = TestEngine.layer({ store: MemoryStore.layer, actions: [load.action] })
 * ```
 */
export const layer = <E = never>(options: TestEngineOptions<E>): Layer.Layer<DagFlow, E> => {
  const { actions = [], hooks = [], seed = 1, store, ...rest } = options
  const engine = DagFlow.layer({ owner: "test", ...rest }).pipe(
    Layer.provide([store, Actions.layerReplacing(...actions), Hooks.layer(...hooks)])
  )
  const chance = Layer.succeed(Random.Random, seeded(seed))
  return Layer.provideMerge(engine, Layer.merge(clock, chance)) as Layer.Layer<DagFlow, E>
}

/**
 * Runs an Effect with an engine for tests, and closes the engine, in tests that do not run Effects themselves.
 *
 * **Failures**
 * The promise rejects with what the Effect failed with.
 *
 * **Example**
 * ```ts
 * it("loads twice", () =>
 *   TestEngine.runPromise({ store: MemoryStore.layer }, Effect.gen(function* () {
 *     const dagflow = yield* DagFlow
 *     …
 *   })))
 * ```
 */
export const runPromise = <A, E, E2 = never>(
  options: TestEngineOptions<E2>,
  effect: Effect.Effect<A, E, DagFlow>
): Promise<A> =>
  Effect.runPromise(Effect.provide(effect, layer(options)) as Effect.Effect<A, E | StoreError | E2>)
