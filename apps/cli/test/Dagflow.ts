/** Starts the real command, bundled from source, in the folder of the test project. */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { inject } from "vitest"
import type {} from "./bundled.ts"

/** The project whose flows the tests run. */
export const project = path.join(import.meta.dirname, "fixtures/project")

/** The command as it stands in the sources. */
export const source = path.join(import.meta.dirname, "../src/main.ts")

/** How a command ended. */
export interface Ended {
  readonly exit: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What a command is started with. */
export interface StartOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly input?: string
  /** The file that is run; default: the bundle. */
  readonly main?: string
}

/** An environment without anything that changes how texts look. */
export const plainEnv = (more: StartOptions["env"] = {}): NodeJS.ProcessEnv => {
  const dropped = [
    "CI",
    "NO_COLOR",
    "FORCE_COLOR",
    "DAGFLOW_STORE",
    "GITHUB_ACTIONS",
    "GIT_INDEX_FILE",
    "PRE_COMMIT"
  ]
  const kept = Object.entries(process.env).filter(([name]) => !dropped.includes(name))
  return { ...Object.fromEntries(kept), LANG: "C.UTF-8", LC_ALL: "C.UTF-8", TERM: "xterm-256color", ...more }
}

/** A command that is running. */
export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** What it has printed so far. */
  readonly printed: () => { readonly stdout: string; readonly stderr: string }
}

/** Starts a command. */
export const start = (words: ReadonlyArray<string>, options: StartOptions = {}): Running => {
  const { cwd = project, env, input, main = inject("dagflow") } = options
  const child = spawn(process.execPath, [main, ...words], { cwd, env: plainEnv(env), stdio: "pipe" })
  let stdout = ""
  let stderr = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  child.stdin.end(input ?? "")
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (exit) => resolve({ exit, stdout, stderr }))
  })
  return { child, ended, printed: () => ({ stdout, stderr }) }
}

/** Runs a command to its end. */
export const dagflow = (words: ReadonlyArray<string>, options?: StartOptions): Promise<Ended> =>
  start(words, options).ended

/** Waits for something to become true; a deadline makes a wait for nothing an error that says what was waited for. */
export const until = async (what: string, isTrue: () => boolean, millis = 20_000): Promise<void> => {
  const deadline = Date.now() + millis
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error(`waited ${millis} ms in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** The JSON documents of a text, one per line. */
export const lines = (text: string): ReadonlyArray<Record<string, unknown>> =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>)

/** A folder of one test, with the places that its flows use. */
export class Place {
  readonly folder = mkdtempSync(path.join(tmpdir(), "dagflow-cli-"))
  readonly journal = path.join(this.folder, "journal")
  /** Flows that hold end once this file is there. */
  readonly until = path.join(this.folder, "until")
  readonly store = `sqlite:${path.join(this.folder, "runs.db")}`

  /** The inputs of the flow that holds. */
  get inputs(): ReadonlyArray<string> {
    return ["--input", `journal=${this.journal}`, "--input", `until=${this.until}`]
  }

  /** What actions have noted. */
  journaled(): ReadonlyArray<string> {
    return existsSync(this.journal) ? readFileSync(this.journal, "utf8").trim().split("\n") : []
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
