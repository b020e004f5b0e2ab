/** Runs single tests of a folder in a process of its own, which is started when it is needed and ended when it hangs. */
import { type ChildProcess, fork, spawnSync } from "node:child_process"
import { once } from "node:events"
import path from "node:path"

/** How tests ended: one of them failed, all of them passed, or there were none. */
export type Verdict = "passed" | "failed" | "missing"

/** Tests that are to be run. */
export interface Question {
  /** Path of their file in the folder. */
  readonly file: string
  /** Source of a regular expression that their full names fit: `group > test`. */
  readonly pattern: string
  /** Absolute paths of files that have changed since the last question. */
  readonly changed: ReadonlyArray<string>
}

/** How they ended, and what the first one that failed says about that. */
export interface Answer {
  readonly verdict: Verdict
  readonly why: string
}

/**
 * Longest time for one test, in milliseconds. What goes round in circles is found by the bounds of the tests themselves; this
 * ends what goes round in a single task.
 */
const patience = 240_000

const isWindows = process.platform === "win32"

/** Runs single tests of a folder. */
export class TestRunner {
  readonly #folder: string
  readonly #env: Readonly<Record<string, string>>
  #child: ChildProcess | undefined

  /** `env` is what the tests get besides the environment of this process, without what that has for its own tests. */
  constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.#folder = folder
    this.#env = env
  }

  /** Runs tests of a file. */
  async run(question: Question): Promise<Answer> {
    const child = (this.#child ??= this.#start())
    const over = new AbortController()
    const { signal } = over
    const timer = setTimeout(this.#kill, patience)
    try {
      const answered = once(child, "message", { signal }).then(([answer]) => answer as Answer)
      const ended = once(child, "exit", { signal }).then((): Answer => {
        this.#child = undefined
        return { verdict: "missing", why: "its process ended" }
      })
      // Whichever comes second is given up.
      for (const one of [answered, ended]) one.catch(() => undefined)
      child.send(question)
      return await Promise.race([answered, ended])
    } finally {
      clearTimeout(timer)
      over.abort()
    }
  }

  #start(): ChildProcess {
    const own = Object.entries(process.env).filter(
      ([name]) => !/^(VITEST|DAGFLOW_)|^(NODE_ENV|TEST|MODE|DEV|PROD)$/.test(name)
    )
    const child = fork(path.join(import.meta.dirname, "runNamedTests.ts"), {
      cwd: this.#folder,
      env: { ...Object.fromEntries(own), ...this.#env },
      execArgv: [],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      // Vitest runs a test in a process of its own, which would outlive it: the whole group has to end.
      detached: !isWindows
    })
    process.once("exit", this.#kill)
    return child
  }

  /** Ends the process, with all that it has started. */
  async end(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    const ended = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined
    this.#kill()
    await ended
  }

  readonly #kill = (): void => {
    process.off("exit", this.#kill)
    const child = this.#child
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    if (isWindows) spawnSync("taskkill", ["/pid", `${child.pid}`, "/t", "/f"])
    else process.kill(-child.pid, "SIGKILL")
  }
}
