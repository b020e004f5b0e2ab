/** The language server that editors run for YAML, in a process of its own, spoken to as an editor does. */
import { type ChildProcess, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import path from "node:path"
import { pathToFileURL } from "node:url"

/** A place in a text, both counted from 0. */
export interface Position {
  readonly line: number
  readonly character: number
}

/** What the server finds wrong. */
export interface Diagnostic {
  readonly message: string
  readonly range: { readonly start: Position; readonly end: Position }
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: unknown
  readonly result?: unknown
  readonly error?: unknown
}

const require = createRequire(import.meta.url)

/** The file that the package says is its command. */
const command = (): string => {
  const manifest = require.resolve("yaml-language-server/package.json")
  const { bin } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly bin: Record<string, string> }
  return path.join(path.dirname(manifest), bin["yaml-language-server"] ?? "")
}

/** A running server. */
export class LanguageServer {
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #answers = new Map<number, (message: Message) => void>()
  readonly #listeners = new Set<(uri: string, diagnostics: ReadonlyArray<Diagnostic>) => void>()
  #received = Buffer.alloc(0)
  #requests = 0

  private constructor(folder: string) {
    this.#folder = folder
    this.#child = spawn(process.execPath, [command(), "--stdio"], { stdio: ["pipe", "pipe", "ignore"] })
    this.#child.stdout?.on("data", (more: Buffer) => this.#take(more))
  }

  /** Starts the server for a folder, without any setting but those that it has from the start. */
  static async start(folder: string): Promise<LanguageServer> {
    const server = new LanguageServer(folder)
    const rootUri = pathToFileURL(folder).href
    const capabilities = { textDocument: { completion: {}, publishDiagnostics: {} } }
    await server.#request("initialize", { processId: process.pid, rootUri, capabilities })
    server.#notify("initialized", {})
    return server
  }

  /** Opens a text as a file of the folder, and gives what is wrong with it once the server has looked. */
  open(name: string, text: string): Promise<ReadonlyArray<Diagnostic>> {
    const uri = this.#uri(name)
    const found = new Promise<ReadonlyArray<Diagnostic>>((resolve) => {
      const listener = (about: string, diagnostics: ReadonlyArray<Diagnostic>) => {
        if (about !== uri) return
        this.#listeners.delete(listener)
        resolve(diagnostics)
      }
      this.#listeners.add(listener)
    })
    this.#notify("textDocument/didOpen", { textDocument: { uri, languageId: "yaml", version: 1, text } })
    return found
  }

  /** What the server would complete at a place of an open text. */
  async complete(name: string, position: Position): Promise<ReadonlyArray<string>> {
    const textDocument = { uri: this.#uri(name) }
    const result = await this.#request("textDocument/completion", { textDocument, position })
    const { items } = result as { readonly items: ReadonlyArray<{ readonly label: string }> }
    return items.map(({ label }) => label)
  }

  stop(): void {
    this.#child.kill("SIGKILL")
  }

  #uri(name: string): string {
    return pathToFileURL(path.join(this.#folder, name)).href
  }

  #request(method: string, params: object): Promise<unknown> {
    const id = ++this.#requests
    return new Promise((resolve, reject) => {
      this.#answers.set(id, ({ error, result }) =>
        error === undefined ? resolve(result) : reject(new Error(JSON.stringify(error)))
      )
      this.#send({ id, method, params })
    })
  }

  #notify(method: string, params: object): void {
    this.#send({ method, params })
  }

  #send(message: Message): void {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message })
    this.#child.stdin?.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  }

  #take(more: Buffer): void {
    this.#received = Buffer.concat([this.#received, more])
    while (true) {
      const head = this.#received.indexOf("\r\n\r\n")
      if (head < 0) return
      const length = Number(/Content-Length: (\d+)/i.exec(this.#received.toString("utf8", 0, head))?.[1])
      const end = head + 4 + length
      if (this.#received.length < end) return
      const message = JSON.parse(this.#received.toString("utf8", head + 4, end)) as Message
      this.#received = this.#received.subarray(end)
      this.#handle(message)
    }
  }

  #handle({ id, method, params, ...rest }: Message): void {
    if (method === "textDocument/publishDiagnostics") {
      const { diagnostics, uri } = params as {
        readonly uri: string
        readonly diagnostics: ReadonlyArray<Diagnostic>
      }
      for (const listener of this.#listeners) listener(uri, diagnostics)
    } else if (method !== undefined && id !== undefined) {
      // The server asks for settings, and for leave to watch files: it gets neither.
      const items = (params as { readonly items?: ReadonlyArray<unknown> } | undefined)?.items
      this.#send({ id, result: items === undefined ? null : items.map(() => null) })
    } else if (id !== undefined) {
      this.#answers.get(id)?.(rest)
      this.#answers.delete(id)
    }
  }
}
