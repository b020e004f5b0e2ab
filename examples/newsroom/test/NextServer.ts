import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"

const home = path.join(import.meta.dirname, "..")
const next = path.join(home, "node_modules/next/dist/bin/next")

/** A copy of the app that may be changed while a server shows it. It lies below the app, where its packages are found. */
export class AppCopy {
  readonly folder = mkdtempSync(path.join(home, ".trial-"))

  constructor() {
    for (const part of ["app", "server", "instrumentation.ts", "next.config.ts", "css.d.ts"]) {
      cpSync(path.join(home, part), path.join(this.folder, part), { recursive: true })
    }
    writeFileSync(path.join(this.folder, "package.json"), '{ "type": "module" }')
  }

  /** What its processes have in their environment. */
  get env(): Readonly<Record<string, string>> {
    return {
      NEXT_TELEMETRY_DISABLED: "1",
      STORE: `sqlite:${path.join(this.folder, "newsroom.db")}`,
      PAPER: path.join(this.folder, "paper.jsonl"),
      WORD_MILLIS: "50"
    }
  }

  /** Builds it for production. */
  build(): void {
    const { status, stderr, stdout } = spawnSync(process.execPath, [next, "build"], {
      cwd: this.folder,
      env: { ...process.env, ...this.env },
      encoding: "utf8"
    })
    if (status !== 0) throw new Error(`next build has failed:\n${stdout}${stderr}`)
  }

  remove(): void {
    if (existsSync(this.folder)) rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Next as a process of its own, which serves a copy of the app. */
export class NextServer {
  readonly #child: ChildProcess
  readonly url: string
  /** What it has said. */
  readonly said: () => string

  private constructor(child: ChildProcess, url: string, said: () => string) {
    this.#child = child
    this.url = url
    this.said = said
  }

  /** `start` serves what was built, `dev` builds what is asked for, and again after a change. */
  static async start(app: AppCopy, command: "start" | "dev"): Promise<NextServer> {
    const child = spawn(process.execPath, [next, command, "-p", "0", "-H", "127.0.0.1"], {
      cwd: app.folder,
      env: { ...process.env, ...app.env },
      stdio: ["ignore", "pipe", "pipe"],
      // Next has a process of its own for the server, which is killed with it.
      detached: true
    })
    let said = ""
    const { promise: ready, resolve } = Promise.withResolvers<string | undefined>()
    const hear = (chunk: unknown) => {
      said += String(chunk)
      const url = /Local: +(\S+)/.exec(said)?.[1]
      if (said.includes("Ready")) resolve(url)
    }
    child.stdout?.on("data", hear)
    child.stderr?.on("data", hear)
    child.once("exit", () => resolve(undefined))
    const url = await ready
    if (url === undefined) throw new Error(`next ${command} did not start:\n${said}`)
    return new NextServer(child, url, () => said)
  }

  /** Kills it, as `kill -9` does. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, "SIGKILL")
    await once(this.#child, "exit")
  }
}
