/**
 * A store whose engine dies at a write that a test chooses, as by a power cut: what was written before stays, and what the
 * dead engine still tries to write does not reach the store.
 */
import { StoreDriver, type StoreDriverShape, type StoreError } from "@dagflow/protocol"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"

/**
 * When the engine dies. `before`: the write does not take place. `after`: it does, and the engine does not hear of it.
 *
 * - `write`: the nth write, from 1 on; creating a run is a write, and so is each append.
 * - `sequence`: the write that holds the event of this number.
 */
export type CrashPoint =
  | { readonly before: { readonly write: number } | { readonly sequence: number } }
  | { readonly after: { readonly write: number } | { readonly sequence: number } }

/** A crash that is going to happen. */
export interface CrashingStore {
  /** The store as the engine that will die sees it, on top of the real one. */
  readonly layer: <E, R>(store: Layer.Layer<StoreDriver, E, R>) => Layer.Layer<StoreDriver, E, R>
  /** Suspends until the engine is dead. */
  readonly crashed: Effect.Effect<void>
  /**
   * Runs an Effect, engine included, until the engine dies, and leaves it there. Fails as the Effect does when that ends
   * first, and dies when it succeeds: then the crash point was never reached, and the test would prove nothing.
   */
  readonly untilCrash: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<void, E, R>
}

interface Write {
  readonly number: number
  readonly firstSequence: number
  readonly lastSequence: number
}

const isAt = (point: { readonly write: number } | { readonly sequence: number }, write: Write): boolean =>
  "write" in point
    ? write.number === point.write
    : write.firstSequence <= point.sequence && point.sequence <= write.lastSequence

/** Whoever is dead waits for ever, until its engine is closed: nobody has to hear what became of what it asked for. */
const forever = Effect.interruptible(Effect.never)

/** The store of an engine that dies at its crash point. */
const crashing = (
  real: StoreDriverShape,
  point: CrashPoint,
  crashed: Deferred.Deferred<void>
): StoreDriverShape => {
  let writes = 0
  let isDead = false
  const die = Effect.suspend(() => {
    isDead = true
    return Effect.andThen(Deferred.succeed(crashed, undefined), forever)
  })
  // A dead engine waits for ever, except where it gives things back when it is closed.
  const whileAlive = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => (isDead ? forever : effect))
  const unlessDead = <A, E>(effect: Effect.Effect<A, E>, dead: A): Effect.Effect<A, E> =>
    Effect.suspend(() => (isDead ? Effect.succeed(dead) : effect))
  const write = (
    events: ReadonlyArray<{ readonly sequence: number }>,
    perform: Effect.Effect<void, StoreError>
  ): Effect.Effect<void, StoreError> =>
    whileAlive(
      Effect.suspend(() => {
        const sequences = events.map((event) => event.sequence)
        const firstSequence = sequences[0] ?? Number.POSITIVE_INFINITY
        const made: Write = { number: ++writes, firstSequence, lastSequence: sequences.at(-1) ?? 0 }
        if ("before" in point) return isAt(point.before, made) ? die : perform
        return isAt(point.after, made) ? Effect.andThen(perform, die) : perform
      })
    )
  return {
    name: real.name,
    abilities: real.abilities,
    create: (run) => write(run.events, real.create(run)),
    append: (append) => write(append.events, real.append(append)),
    read: (runId, afterSequence, limit) => whileAlive(real.read(runId, afterSequence, limit)),
    get: (runId) => whileAlive(real.get(runId)),
    list: (query) => whileAlive(real.list(query)),
    claim: (claim) => whileAlive(real.claim(claim)),
    renew: (renewal) => unlessDead(real.renew(renewal), []),
    release: (runId, epoch) => unlessDead(real.release(runId, epoch), undefined),
    park: (parking) => unlessDead(real.park(parking), false),
    nextWake: (afterMillis) => whileAlive(real.nextWake(afterMillis)),
    putMail: (runId, mail) => whileAlive(real.putMail(runId, mail)),
    readMail: (runId, limit) => whileAlive(real.readMail(runId, limit)),
    putArtifact: (runId, hash, content) => whileAlive(real.putArtifact(runId, hash, content)),
    getArtifact: (hash) => whileAlive(real.getArtifact(hash)),
    putCached: (output) => whileAlive(real.putCached(output)),
    getCached: (key, nowMillis) => whileAlive(real.getCached(key, nowMillis)),
    prune: (prune) => whileAlive(real.prune(prune)),
    changes: Stream.filter(real.changes, () => !isDead),
    arrivals: Stream.filter(real.arrivals, () => !isDead)
  }
}

/**
 * Makes a crash. It happens once; every engine that is given its layer sees it.
 *
 * **Details**
 * The run stays claimed by the dead engine, as after a real crash: another engine gets it once the lease is over, or at
 * once with `resume(runId, { force: true })`.
 *
 * **Example** (The engine dies before event 5 is recorded)
 * ```ts
 * const crash = CrashingStore.make({ before: { sequence: 5 } })
 * const dying = TestEngine.layer({ store: crash.layer(MemoryStore.layerOf(data)) })
 * yield* crash.untilCrash(Effect.provide(program, dying))
 * ```
 */
export const make = (point: CrashPoint): CrashingStore => {
  const crashed = Deferred.makeUnsafe<void>()
  const ended = Effect.die(new Error("the engine never reached its crash point: the Effect ended before"))
  return {
    layer: (store) =>
      Layer.effect(
        StoreDriver,
        Effect.map(StoreDriver, (real) => crashing(real, point, crashed))
      ).pipe(Layer.provide(store)),
    crashed: Deferred.await(crashed),
    untilCrash: (effect) => Effect.raceFirst(Effect.andThen(effect, ended), Deferred.await(crashed))
  }
}
