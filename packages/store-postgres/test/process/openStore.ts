/** Opens the store of the address and schema that the command line names, for the programs of this folder. */
import type { StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { createInterface } from "node:readline"
import { PostgresStore } from "../../src/index.ts"

const [url = "", schema = "", ...rest] = process.argv.slice(2)

/** The words after the address and the schema. */
export const words: ReadonlyArray<string> = rest

/** The store of the first two words. */
export const openStore: Effect.Effect<StoreDriverShape, StoreError, Scope.Scope> = Effect.suspend(() =>
  PostgresStore.make({ url, schema, connectTimeout: "30 seconds" })
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
