/**
 * A child process with all of its descendants, as one Effect: interrupting it ends them all, and so does the end of
 * this process.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import * as Effect from "effect/Effect"

/** What is to be run. */
export interface Program {
  readonly file: string
  readonly args: ReadonlyArray<string>
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  readonly stdin: string | undefined
  /** Windows only: the arguments are quoted already. */
  readonly isQuoted: boolean
  readonly onStdout: (chunk: Uint8Array) => void
  readonly onStderr: (chunk: Uint8Array) => void
}

/** How a program ended: with an exit code, or by a signal. */
export interface Ended {
  readonly exitCode: number | undefined
  readonly signal: string | undefined
}

/** A program that could not be started, with the system's code. */
export interface NotStarted {
  readonly code: string
}

/** How long an interrupted program may take to end by itself. */
const graceMillis = 2000

/** Runs a program until it has ended and its output is closed. */
export const run = (program: Program): Effect.Effect<Ended, NotStarted> =>
  Effect.callback((resume) => {
    let child: ChildProcess
    try {
      child = spawn(program.file, program.args, {
        cwd: program.folder,
        env: { ...program.environment },
        stdio: "pipe",
        // A group of its own, so that a signal reaches the descendants too.
        detached: !isWindows,
        windowsHide: true,
        windowsVerbatimArguments: program.isQuoted
      })
    } catch (error) {
      // A null byte in an argument, for instance, is refused before anything starts.
      return resume(Effect.fail({ code: codeOf(error) }))
    }
    track(child)
    child.once("error", (error) => resume(Effect.fail({ code: codeOf(error) })))
    child.once("close", (exitCode, signal) =>
      resume(Effect.succeed({ exitCode: exitCode ?? undefined, signal: signal ?? undefined }))
    )
    child.stdout?.on("data", program.onStdout)
    child.stderr?.on("data", program.onStderr)
    // A program may end without reading what it is given; how it ended tells more than the broken pipe.
    child.stdin?.on("error", () => {})
    child.stdin?.end(program.stdin ?? "")
    return end(child)
  })

// -- internal -------------------------------------------------------------------------------------------------------

const isWindows = process.platform === "win32"

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : String(error)

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

/** Sends a signal to a program and all of its descendants. */
const signalTree = (child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): void => {
  if (child.pid === undefined) return
  if (isWindows) {
    spawnSync("taskkill", ["/pid", String(child.pid), "/t", "/f"], { windowsHide: true })
    return
  }
  try {
    process.kill(-child.pid, signal)
  } catch {
    // Nobody of the group is left to be told.
  }
}

/** Asks the program to end, and ends it when it does not; then makes sure that no descendant goes on. */
const end = (child: ChildProcess): Effect.Effect<void> =>
  Effect.sync(() => signalTree(child, "SIGTERM")).pipe(
    Effect.andThen(Effect.timeoutOption(exit(child), graceMillis)),
    Effect.andThen(Effect.sync(() => signalTree(child, "SIGKILL"))),
    Effect.andThen(exit(child)),
    Effect.ensuring(
      Effect.sync(() => {
        child.stdout?.destroy()
        child.stderr?.destroy()
      })
    )
  )

const exit = (child: ChildProcess): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (child.pid === undefined || hasEnded(child)) return resume(Effect.void)
    const listener = () => resume(Effect.void)
    child.once("exit", listener)
    return Effect.sync(() => child.off("exit", listener))
  })

/** The programs that go on, so that none outlives this process: a group of its own is not told of a Ctrl+C. */
const going = new Set<ChildProcess>()

const endAll = (): void => {
  for (const child of going) signalTree(child, "SIGKILL")
}

const track = (child: ChildProcess): void => {
  if (going.size === 0) process.on("exit", endAll)
  going.add(child)
  const forget = () => {
    going.delete(child)
    if (going.size === 0) process.off("exit", endAll)
  }
  child.once("exit", forget)
  child.once("error", forget)
}
