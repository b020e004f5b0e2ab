/**
 * A real store under simulated processes. The handle of a process lives in a process of its own, its desk, which nothing ever kills or
 * freezes: what was asked of a store when its asker died is done all the same, as a request that is on the wire. The desk has
 * the simulated clock, so that leases and polls go by the same time as everything else.
 */
import type { StoredEvent, StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Scenario } from "../scenario/Scenario.ts"
import type { VirtualProcess } from "../world/VirtualProcess.ts"
import { newsFor } from "./newsFor.ts"
import type { MakeDatabase, OnDurable } from "./SimulatedDatabase.ts"

/** The data of a real store. */
export interface RealData {
  /** How long it may take until a handle hears of what another one did, in milliseconds. */
  readonly newsMillis: number
  /** Opens a handle of its own. */
  readonly open: Effect.Effect<StoreDriverShape, StoreError, Scope.Scope>
  /** Waits for what the store was asked and has not answered yet; says whether there was anything. */
  readonly settle?: () => Promise<boolean>
  /** Deletes the data, to which there is no handle any more. */
  readonly remove: () => Promise<void>
}

/** Lets a desk do something that a process waits for. */
const across = <A, E>(
  process: VirtualProcess,
  desk: VirtualProcess,
  request: Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.callback((resume) => {
    const fiber = desk.fork(request)
    let isAsking = true
    fiber.addObserver((exit) => {
      // What was answered at once was answered by a task of this process.
      if (isAsking) resume(exit)
      else process.soon(() => resume(exit))
    })
    isAsking = false
    return Effect.callback<void>((stopped) => {
      desk.soon(() => fiber.interruptUnsafe())
      fiber.addObserver(() => process.soon(() => stopped(Effect.void)))
    })
  })

/**
 * Writes events, and says so once they are durable. Who is interrupted meanwhile does not know whether they are, so it is looked up: the
 * release of a run by nobody changes nothing, and is answered after all that was asked before.
 */
const writing = (
  real: StoreDriverShape,
  runId: string,
  events: ReadonlyArray<StoredEvent>,
  write: Effect.Effect<void, StoreError>,
  onDurable: OnDurable
): Effect.Effect<void, StoreError> => {
  const [first] = events
  const say = Effect.sync(() => onDurable(runId, events))
  if (first === undefined) return Effect.andThen(write, say)
  const lookUp = real.release(runId, 0).pipe(
    Effect.andThen(real.read(runId, first.sequence - 1, 1)),
    Effect.flatMap(([found]) =>
      found?.epoch === first.epoch && found.event === first.event ? say : Effect.void
    ),
    // A run that was not created has no log.
    Effect.ignore
  )
  return Effect.onExit(write, (exit) =>
    Exit.isSuccess(exit) ? say : Exit.hasInterrupts(exit) ? lookUp : Effect.void
  )
}

const bridge = (
  process: VirtualProcess,
  desk: VirtualProcess,
  real: StoreDriverShape,
  onDurable: OnDurable
): StoreDriverShape => {
  // Each operation is called with its own parameters; which they are does not matter here.
  const bridged = Object.entries(real).flatMap(([name, operation]) => {
    if (typeof operation !== "function") return []
    const perform = operation as (...parameters: ReadonlyArray<unknown>) => Effect.Effect<unknown, StoreError>
    return [
      [name, (...parameters: ReadonlyArray<unknown>) => across(process, desk, perform(...parameters))]
    ] as const
  })
  const follow = (changes: Stream.Stream<string, StoreError>) =>
    newsFor(process, (tell) => {
      const told = Stream.runForEach(changes, (runId) => Effect.sync(() => tell(runId)))
      const fiber = desk.fork(told)
      const leave = () => desk.soon(() => fiber.interruptUnsafe())
      process.whenKilled(leave)
      return leave
    })
  return {
    ...real,
    ...Object.fromEntries(bridged),
    create: (run) => across(process, desk, writing(real, run.runId, run.events, real.create(run), onDurable)),
    append: (append) =>
      across(process, desk, writing(real, append.runId, append.events, real.append(append), onDurable)),
    changes: follow(real.changes),
    arrivals: follow(real.arrivals)
  }
}

/** Makes the data of a schedule in a real store. */
export const realDatabase =
  (make: (scenario: Scenario) => Promise<RealData>): MakeDatabase =>
  async (world, scenario) => {
    const data = await make(scenario)
    world.settle = data.settle
    const scopes: Array<readonly [VirtualProcess, Scope.Closeable]> = []
    const openAt = (desk: VirtualProcess) => {
      const scope = Scope.makeUnsafe()
      scopes.push([desk, scope])
      return Scope.provide(data.open, scope)
    }
    const post = world.process("post office", 0)
    const mailbox = await world.finish(post.fork(openAt(post)))
    return {
      newsMillis: data.newsMillis,
      open: (process, onDurable) =>
        Effect.suspend(() => {
          const desk = world.process(`desk of ${process.name}`, 0)
          return Effect.map(across(process, desk, openAt(desk)), (real) =>
            bridge(process, desk, real, onDurable)
          )
        }),
      putMail: (runId, mail) => {
        post.fork(mailbox.putMail(runId, mail)).addObserver((exit) => {
          if (Exit.isFailure(exit)) throw new Error(`mail was refused: ${String(exit.cause)}`)
        })
      },
      look: (question) => world.finish(post.fork(question(mailbox))),
      close: async () => {
        for (const [desk, scope] of scopes) await world.finish(desk.fork(Scope.close(scope, Exit.void)))
        await data.remove()
      }
    }
  }
