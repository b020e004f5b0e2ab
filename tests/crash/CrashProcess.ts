/** A process that is there to be killed, as the test sees it. */
import { type ChildProcess, spawn } from "node:child_process"
import { tmpdir } from "node:os"
import path from "node:path"
import { createInterface } from "node:readline"
import type { Assignment, Message } from "./Assignment.ts"

/** Loading is what a process costs most, so what Node has compiled is kept from one process to the next. */
const compiled = path.join(tmpdir(), "dagflow-crash-compiled")

/** What happens to a process: it says something, or it is gone. */
export type Happening =
  | Message
  | { readonly _tag: "Gone"; readonly signal: string | null; readonly complaint: string }

/** A process that is there to be killed. */
export class CrashProcess {
  readonly #child: ChildProcess
  #logged = ""
  #listener: (happening: Happening) => void = () => {}
  /** Whether it works on something. */
  isBusy = false
  /** Fulfilled once it has loaded everything; rejected when it cannot. */
  readonly ready: Promise<void>
  /** Fulfilled once it is gone. */
  readonly gone: Promise<void>

  constructor(program: string) {
    const env = { ...process.env, NODE_COMPILE_CACHE: compiled }
    // In a group of its own, so that Ctrl-C ends only who started it; it ends itself when it is left alone.
    const child = spawn(process.execPath, [program], { env, stdio: ["pipe", "pipe", "pipe"], detached: true })
    this.#child = child
    child.stderr.on("data", (data) => (this.#logged += String(data)))
    // What is written to a process that dies at this moment is lost with it.
    child.stdin.on("error", () => {})
    createInterface(child.stdout).on("line", (line) => this.#hear(JSON.parse(line) as Message))
    this.gone = new Promise((resolve) => {
      child.once("close", (_, signal) => {
        this.#listener({ _tag: "Gone", signal, complaint: this.#logged })
        resolve()
      })
    })
    this.ready = new Promise((resolve, reject) => {
      this.#listener = (happening) => {
        if (happening._tag === "Ready") resolve()
        else reject(new Error(`a process did not start: ${JSON.stringify(happening)}`))
      }
    })
    // Whoever waits for it is told; a process that nobody needs any more may end before it is ready.
    this.ready.catch(() => {})
  }

  /** Number of the process. */
  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Tells it what to do; from now on `listener` hears what happens to it. */
  assign(assignment: Assignment, listener: (happening: Happening) => void): void {
    this.isBusy = true
    this.#listener = (happening) => {
      if (happening._tag === "Ended") this.isBusy = false
      listener(happening)
    }
    this.#child.stdin?.write(`${JSON.stringify(assignment)}\n`)
  }

  /** What it has logged so far, and what Node has said if it broke. */
  get logged(): string {
    return this.#logged
  }

  /** Lets it stand still, as a machine that swaps or sleeps; `thaw` lets it go on as if nothing had been. */
  freeze(): void {
    this.#child.kill("SIGSTOP")
  }

  thaw(): void {
    this.#child.kill("SIGCONT")
  }

  /** Ends it as if its power were cut. */
  kill(): void {
    this.#child.kill("SIGKILL")
  }

  #hear(message: Message): void {
    this.#listener(message)
  }
}
