import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { once } from "node:events"
import path from "node:path"
import { createInterface } from "node:readline"

/** A program of the folder `process`, which talks in lines of JSON. */
export interface ChildProcess {
  readonly child: ChildProcessWithoutNullStreams
  /** The next value that it says; ends the test when it has ended instead. */
  readonly next: Effect.Effect<unknown>
  /** Sends it a line. */
  readonly go: Effect.Effect<void>
  /** Ends it at once, as power or an operator would, and waits until it is gone. */
  readonly kill: Effect.Effect<void>
}

/** Starts a program, which is gone when the scope ends. */
export const startProgram = (
  program: string,
  words: ReadonlyArray<string>,
  options: { readonly uid?: number; readonly gid?: number } = {}
): Effect.Effect<ChildProcess, never, Scope.Scope> => {
  const file = path.join(import.meta.dirname, "process", program)
  return Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, [file, ...words], { ...options, stdio: "pipe" })
      const ended = once(child, "exit")
      let complaint = ""
      child.stderr.on("data", (data) => (complaint += String(data)))
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
      return {
        child,
        next: Effect.promise(async () => {
          const line = await lines.next()
          if (line.done === true) throw new Error(`${program} has ended: ${complaint}`)
          return JSON.parse(line.value) as unknown
        }),
        go: Effect.sync(() => void child.stdin.write("\n")),
        kill: Effect.promise(async () => {
          child.kill("SIGKILL")
          await ended
        })
      }
    }),
    ({ kill }) => kill
  )
}
