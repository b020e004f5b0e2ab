import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { onTestFinished } from "vitest"

/** How a command ended, and what it said. */
export interface Ended {
  readonly exit: number | string
  readonly stdout: string
  readonly stderr: string
}

/** The agent in a folder of its own, with documents that a test writes. Each command is a process. */
export class Command {
  readonly #folder = mkdtempSync(path.join(tmpdir(), "dagflow-agent-"))
  readonly #env: Readonly<Record<string, string>>

  /** `env`: what its processes have in their environment besides; without it they have no key of a model. */
  constructor(documents: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
    this.#env = env
    onTestFinished(() => rmSync(this.#folder, { recursive: true, force: true }))
    for (const [name, text] of Object.entries(documents)) this.write(name, text)
  }

  /** Writes a document. */
  write(name: string, text: string): void {
    const file = path.join(this.#folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
  }

  read(name: string): string {
    return readFileSync(path.join(this.#folder, name), "utf8")
  }

  /** Runs a command to its end. */
  run(...words: ReadonlyArray<string>): Promise<Ended> {
    return ended(this.#start(words), () => false)
  }

  /** Runs a command, and kills its process as soon as it has said something. */
  killedAt(text: string, ...words: ReadonlyArray<string>): Promise<Ended> {
    return ended(this.#start(words), (stdout) => stdout.includes(text))
  }

  #start(words: ReadonlyArray<string>): ChildProcess {
    const { OPENAI_API_KEY: _, ...env } = process.env
    return spawn(process.execPath, [path.join(import.meta.dirname, "../src/main.ts"), ...words], {
      cwd: this.#folder,
      env: { ...env, ...this.#env },
      stdio: ["ignore", "pipe", "pipe"]
    })
  }
}

const ended = async (child: ChildProcess, isEnough: (stdout: string) => boolean): Promise<Ended> => {
  let stdout = ""
  let stderr = ""
  child.stdout?.on("data", (chunk) => {
    stdout += String(chunk)
    if (isEnough(stdout)) child.kill("SIGKILL")
  })
  child.stderr?.on("data", (chunk) => (stderr += String(chunk)))
  await once(child, "close")
  return { exit: child.exitCode ?? child.signalCode ?? "", stdout, stderr }
}
