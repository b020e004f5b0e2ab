/** Starts a process that opens a store, and gives its handle as if it were here. */
import { StoreAbility, type StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type ChildProcess, fork } from "node:child_process"
import path from "node:path"
import { type OtherProcess, StoreCaseFailed } from "../StoreCase.ts"
import type { StorePlace } from "../StoreUnderTest.ts"
import { type Outcome, type Question, type RemoteOperation, remoteOperations, type Told } from "./wire.ts"

/** The file beside this one, compiled when this one is. */
const served = new URL(`./serveStore${path.extname(import.meta.url)}`, import.meta.url)

/** How long a process may take to end by itself before it is killed, in milliseconds. */
const closeMillis = 5_000

/** Starts a process that opens a place. It ends with the scope. Fails as opening the place fails. */
export const startProcess = (
  module: URL,
  place: StorePlace
): Effect.Effect<OtherProcess, StoreCaseFailed | StoreError, Scope.Scope> =>
  Effect.gen(function* () {
    const peer = yield* Effect.acquireRelease(
      Effect.sync(() => new Peer(module, place)),
      (started) => started.close
    )
    return yield* Deferred.await(peer.opened)
  })

/** The other process, as this one sees it. */
class Peer {
  readonly opened = Deferred.makeUnsafe<OtherProcess, StoreCaseFailed | StoreError>()
  readonly #child: ChildProcess
  readonly #ended = Deferred.makeUnsafe<void>()
  readonly #waiting = new Map<number, (outcome: Outcome) => void>()
  #last = 0
  #isKilled = false
  #printed = ""

  constructor(module: URL, place: StorePlace) {
    // Structured clones keep what JSON loses: `undefined`, `Infinity` and halves of surrogate pairs.
    this.#child = fork(served, [module.href, JSON.stringify(place)], {
      serialization: "advanced",
      execArgv: [],
      stdio: ["ignore", "pipe", "pipe", "ipc"]
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (text: unknown) => (this.#printed = (this.#printed + String(text)).slice(-4_000)))
    }
    this.#child.on("message", (told: Told) => this.#hear(told))
    this.#child.once("error", (error) => this.#lose(error.message))
    // What it said last may still be on its way when it has ended.
    this.#child.once("exit", (code, signal) =>
      setImmediate(() => this.#lose(`it ended with ${signal ?? code}`))
    )
  }

  /** Lets the process close its handle; one that does not end is killed. */
  get close(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#child.connected) this.#child.disconnect()
      return Effect.timeoutOrElse(Deferred.await(this.#ended), {
        duration: closeMillis,
        orElse: () => this.#kill
      })
    })
  }

  get #kill(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#isKilled = true
      this.#child.kill("SIGKILL")
      return Deferred.await(this.#ended)
    })
  }

  #hear(told: Told): void {
    switch (told._tag) {
      case "Opened":
        return settle(this.opened, Effect.succeed({ store: this.#storeOf(told), kill: this.#kill }))
      case "Closed":
        return settle(
          this.opened,
          Effect.andThen(
            answered(told.outcome),
            Effect.fail(new StoreCaseFailed({ message: "it closed its handle" }))
          )
        )
      case "Answer":
        this.#waiting.get(told.id)?.(told.outcome)
        this.#waiting.delete(told.id)
    }
  }

  #lose(how: string): void {
    settle(this.#ended, Effect.void)
    const message = `the other process is gone: ${how}\n${this.#printed}`.trimEnd()
    settle(this.opened, Effect.fail(new StoreCaseFailed({ message })))
    // Whoever killed it knows that nothing is answered any more.
    if (!this.#isKilled) for (const resume of this.#waiting.values()) resume({ _tag: "Died", message })
  }

  #ask(operation: RemoteOperation, parameters: ReadonlyArray<unknown>): Effect.Effect<unknown, StoreError> {
    return Effect.callback<unknown, StoreError>((resume) => {
      const id = ++this.#last
      this.#waiting.set(id, (outcome) => resume(answered(outcome)))
      if (!this.#child.connected) return
      this.#child.send({ id, operation, parameters } satisfies Question, () => {})
    })
  }

  #storeOf({ abilities, name }: Told & { readonly _tag: "Opened" }): StoreDriverShape {
    const operations = Object.fromEntries(
      remoteOperations.map((operation) => [
        operation,
        (...parameters: ReadonlyArray<unknown>) => this.#ask(operation, parameters)
      ])
    ) as Pick<StoreDriverShape, RemoteOperation>
    const { arrivals, changes } = StoreAbility.refusals
    return { ...operations, name, abilities: { ...abilities, notify: false }, changes, arrivals }
  }
}

const settle = <A, E>(deferred: Deferred.Deferred<A, E>, effect: Effect.Effect<A, E>): void =>
  void Deferred.doneUnsafe(deferred, effect)

const answered = (outcome: Outcome): Effect.Effect<unknown, StoreError> => {
  switch (outcome._tag) {
    case "Value":
      return Effect.succeed(outcome.value)
    case "Refused": {
      const { operation, reason, runId } = outcome.refusal
      return Effect.fail(new StoreError({ operation, reason, ...(runId !== undefined && { runId }) }))
    }
    case "Died":
      return Effect.die(new StoreCaseFailed({ message: outcome.message }))
  }
}
