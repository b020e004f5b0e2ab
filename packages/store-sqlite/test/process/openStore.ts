/** Opens the store of the file that the command line names, for the programs of this folder. */
import type { StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { createInterface } from "node:readline"
import { SqliteStore } from "../../src/index.ts"

/** The words after the name of the program. */
export const words = process.argv.slice(2)

/** The store of the first word. */
export const openStore: Effect.Effect<StoreDriverShape, StoreError, Scope.Scope> = Effect.suspend(() =>
  SqliteStore.make({ filename: words[0] ?? "", busyTimeout: "30 seconds", pollInterval: "20 millis" })
)

const lines = createInterface(process.stdin)[Symbol.asyncIterator]()

/** Waits for a line of the test. */
export const nextLine: Effect.Effect<void> = Effect.promise(async () => void (await lines.next()))

/** Tells the test something. */
export const say = (value: unknown): Effect.Effect<void> =>
  Effect.sync(() => void process.stdout.write(`${JSON.stringify(value)}\n`))

/** Runs a program to its end and lets the process go. */
export const main = (program: Effect.Effect<void, StoreError, Scope.Scope>): Promise<void> =>
  Effect.runPromise(Effect.scoped(program)).finally(() => process.stdin.destroy())
