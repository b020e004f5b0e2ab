/** A server in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process"
import path from "node:path"
import { setTimeout as pause } from "node:timers/promises"

const deadlineMillis = 60_000

/** Waits for something to become true, and says what it has waited for in vain. */
export const until = async (what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + deadlineMillis
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`)
    await pause(10)
  }
}

/** A server in a process of its own. */
export class ServerProcess {
  readonly #child: ChildProcess
  #said = ""
  /** The exit code, once it has ended. */
  readonly ended: Promise<number | null>

  constructor(folder: string, grace: string) {
    const program = path.join(import.meta.dirname, "server.ts")
    const child = spawn(process.execPath, [program, folder, grace], { stdio: ["ignore", "pipe", "pipe"] })
    this.#child = child
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (data) => (this.#said += String(data)))
    this.ended = new Promise((resolve) => child.once("close", resolve))
  }

  /** Waits until it has said something, and answers the first group of the pattern. */
  async saying(pattern: RegExp): Promise<string> {
    await until(`${pattern} in what the server says`, () => {
      if (!this.isAlive && !pattern.test(this.#said)) throw new Error(`the server has ended: ${this.#said}`)
      return pattern.test(this.#said)
    })
    return pattern.exec(this.#said)?.[1] ?? ""
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Asks it something. */
  async ask(
    method: "GET" | "POST",
    where: string
  ): Promise<{ readonly status: number; readonly text: string }> {
    const port = await this.saying(/port (\d+)\n/)
    const response = await fetch(`http://127.0.0.1:${port}${where}`, { method })
    return { status: response.status, text: await response.text() }
  }

  /** Tells it to end. */
  terminate(): void {
    this.#child.kill("SIGTERM")
  }

  /** Ends it at once, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL")
    await this.ended
  }
}
