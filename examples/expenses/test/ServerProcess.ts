import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import path from "node:path"

/** The server of the example as a process of its own, in a folder that holds its database and its ledger. */
export class ServerProcess {
  readonly #child: ChildProcess
  readonly url: string

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  static async start(folder: string): Promise<ServerProcess> {
    const child = spawn(process.execPath, [path.join(import.meta.dirname, "../server.ts")], {
      cwd: folder,
      env: { ...process.env, PORT: "0" },
      stdio: ["ignore", "pipe", "pipe"]
    })
    let said = ""
    child.stderr?.on("data", (chunk) => (said += String(chunk)))
    for await (const chunk of child.stdout ?? []) {
      said += String(chunk)
      const url = /listening on (\S+)/.exec(said)?.[1]
      if (url !== undefined) return new ServerProcess(child, url)
    }
    throw new Error(`the server did not start: ${said}`)
  }

  /** Ends it, and answers its exit code, or the signal that killed it. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<number | string> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill(signal)
      await once(this.#child, "exit")
    }
    return this.#child.exitCode ?? this.#child.signalCode ?? ""
  }

  /** Sends a request as a user. */
  async ask(
    user: string,
    method: string,
    route: string,
    body?: object,
    headers: Record<string, string> = {}
  ) {
    const response = await fetch(this.url + route, {
      method,
      headers: { authorization: `Bearer token-of-${user}`, "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) })
    })
    const text = await response.text()
    const isJson = response.headers.get("content-type")?.startsWith("application/json") === true
    return { status: response.status, body: isJson ? JSON.parse(text) : text }
  }
}
