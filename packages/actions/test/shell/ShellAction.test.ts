/*
 * Goal: programs run as they are given, see only what they may, and leave no descendant behind.
 * Method: real processes. Most are Node itself, so that nothing depends on the programs of a machine.
 */
import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import { ShellAction, StandardActions } from "@dagflow/actions"
import { attempt, type Trace } from "../attempt.ts"

let folder: string

beforeAll(() => {
  folder = realpathSync(mkdtempSync(`${tmpdir()}/dagflow-shell-`))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Input = Partial<typeof ShellAction.Input.Encoded>

const run = (input: Input, options: ShellAction.ShellOptions = {}, trace?: Trace) =>
  attempt(ShellAction.make({ folder, ...options }), { command: process.execPath, ...input }, trace)
const script = (source: string, input: Input = {}) => run({ args: ["-e", source], ...input })

/** Whether a process of this id goes on. */
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const eventually = (condition: () => boolean) =>
  Effect.suspend(() => (condition() ? Effect.void : Effect.fail("not yet"))).pipe(
    Effect.retry(Schedule.spaced("10 millis").pipe(Schedule.upTo({ duration: "20 seconds" })))
  )

describe("ShellAction", () => {
  it.live("gives what a program prints and how it ended", () =>
    Effect.gen(function* () {
      const source = `process.stdout.write("out é"); process.stderr.write("err"); process.exitCode = 3`
      expect(yield* script(source, { expectExitCode: [0, 3] })).toEqual({
        exitCode: 3,
        stdout: "out é",
        stderr: "err",
        isCut: false
      })
    })
  )

  it.live("passes arguments as they are", () =>
    Effect.gen(function* () {
      const args = ["a b", "$HOME", "; echo no", "*", `"`, ""]
      const printed = yield* run({
        args: ["-p", "JSON.stringify(process.argv.slice(1))", "--", ...args],
        parse: "json"
      })
      expect(printed.stdout).toEqual(args)
    })
  )

  it.live("gives a line to the shell only when it is asked to", () =>
    Effect.gen(function* () {
      const line = `printf '%s|' "$1" "$2" | tr a-z A-Z`
      const printed = yield* run({ command: line, args: ["x y", "z"], shell: true })
      expect(printed.stdout).toBe("X Y|Z|")
      const error = yield* Effect.flip(run({ command: "echo hello | tr a-z A-Z" }))
      // A folder of the search path that one may not look into counts before the program that is nowhere.
      expect(error.reason).toEqual({ _tag: "NotStarted", code: expect.stringMatching(/^(ENOENT|EACCES)$/) })
      expect(error.isRetryable).toBe(false)
    })
  )

  it.live("shows a program the allowed variables and those of the node, and no other", () =>
    Effect.gen(function* () {
      process.env["DAGFLOW_TEST_SECRET"] = "secret"
      process.env["DAGFLOW_TEST_ALLOWED"] = "allowed"
      const seen = yield* run(
        { args: ["-p", "JSON.stringify(process.env)"], environment: { OWN: "own" }, parse: "json" },
        { environment: ["DAGFLOW_TEST_ALLOWED"] }
      )
      expect(seen.stdout).toMatchObject({ OWN: "own", DAGFLOW_TEST_ALLOWED: "allowed" })
      expect(seen.stdout).not.toHaveProperty("DAGFLOW_TEST_SECRET")
      expect(seen.stdout).not.toHaveProperty("PATH")
      const usual = yield* script("console.log(JSON.stringify(process.env))", { parse: "json" })
      expect(usual.stdout).toHaveProperty("PATH")
      expect(usual.stdout).not.toHaveProperty("DAGFLOW_TEST_SECRET")
    })
  )

  it.live("runs in its folder and reads what it is given", () =>
    Effect.gen(function* () {
      const source = `let t = ""; process.stdin.on("data", (c) => t += c).on("end", () => console.log(process.cwd() + ":" + t))`
      expect((yield* script(source, { stdin: "typed" })).stdout).toBe(`${folder}:typed\n`)
      expect((yield* script(source, { folder: "/" })).stdout).toBe(`/:\n`)
    })
  )

  it.live("a program that ends without reading its input is no failure", () =>
    Effect.gen(function* () {
      const stdin = "x".repeat(10_000_000)
      expect((yield* script("process.exit(0)", { stdin })).exitCode).toBe(0)
    })
  )

  it.live("fails with the exit code, the end of the error output, and its last lines in the log", () =>
    Effect.gen(function* () {
      const trace: Trace = { logged: [] }
      const source = `for (let i = 0; i < 1000; i++) console.error("line " + i); process.exitCode = 7`
      const error = yield* Effect.flip(run({ args: ["-e", source] }, {}, trace))
      expect(error.reason).toMatchObject({ _tag: "UnexpectedExit", exitCode: 7 })
      expect(error.isRetryable).toBe(true)
      expect(error.message).toContain("exit code 7")
      expect(error.message.endsWith("line 999")).toBe(true)
      expect(trace.logged).toHaveLength(1000)
      expect(trace.logged.at(-1)).toBe("line 999")
    })
  )

  it.live("tells of a signal that ended the program", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(script(`process.kill(process.pid, "SIGKILL")`))
      expect(error.reason).toMatchObject({ _tag: "Killed", signal: "SIGKILL" })
    })
  )

  it.live("keeps no more than asked, cut between characters, and says so", () =>
    Effect.gen(function* () {
      const printed = yield* script(`process.stdout.write("é".repeat(1_000_000))`, { bytesMax: 5 })
      expect(printed).toMatchObject({ stdout: "éé", isCut: true })
    })
  )

  it.live("says when its output is not JSON", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(script(`console.log("{")`, { parse: "json" }))
      expect(error.reason._tag).toBe("MalformedOutput")
    })
  )

  it.live(
    "ends the program and its descendants when it is interrupted, also one that ignores the request",
    () =>
      Effect.gen(function* () {
        // A parent that ignores SIGTERM, with a child of its own; both tell their ids by the log.
        const child = `process.on("SIGTERM", () => {}); console.error(process.pid); setInterval(() => {}, 1000)`
        const parent = `${child}; require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: "inherit" })`
        const trace: Trace = { logged: [] }
        const fiber = yield* Effect.forkChild(run({ args: ["-e", parent] }, {}, trace), {
          startImmediately: true
        })
        yield* eventually(() => trace.logged.length === 2)
        const pids = trace.logged.map(Number)
        expect(pids.map(isAlive)).toEqual([true, true])
        yield* Fiber.interrupt(fiber)
        yield* eventually(() => !pids.some(isAlive))
      })
  )

  it.live("lets a program that is asked to end do so in its own way", () =>
    Effect.gen(function* () {
      const source = `process.on("SIGTERM", () => { console.error("tidied up"); process.exit(0) }); console.error("ready"); setInterval(() => {}, 1000)`
      const trace: Trace = { logged: [] }
      const fiber = yield* Effect.forkChild(run({ args: ["-e", source] }, {}, trace), {
        startImmediately: true
      })
      yield* eventually(() => trace.logged.includes("ready"))
      yield* Fiber.interrupt(fiber)
      yield* eventually(() => trace.logged.includes("tidied up"))
    })
  )
})

describe("StandardActions", () => {
  it("has no shell unless it is allowed", () => {
    const names = (options?: StandardActions.StandardActionsOptions) =>
      StandardActions.make(options).map(({ name }) => name as string)
    expect(names()).not.toContain("shell")
    expect(names({ allowShell: true })).toEqual([...names(), "shell"])
  })
})
