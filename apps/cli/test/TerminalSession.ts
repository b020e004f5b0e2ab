/** The real command on a real pseudo-terminal, shown on an emulated one. */
import { stripVTControlCharacters } from "node:util"
import { type IPty, spawn } from "@lydell/node-pty"
import { inject } from "vitest"
import type {} from "./bundled.ts"
import { plainEnv, project } from "./Dagflow.ts"
import { Emulator } from "./Emulator.ts"

/** A command on a terminal. */
export class TerminalSession {
  readonly terminal: Emulator
  /** What was written, with the moment of each piece. */
  readonly pieces: Array<{ readonly atMillis: number; readonly text: string }> = []
  readonly ended: Promise<number>
  readonly #pty: IPty

  /** Starts a command through a shell that has printed something before and prints something after. */
  constructor(words: ReadonlyArray<string>, columns: number, rows: number, env: Record<string, string>) {
    this.terminal = new Emulator(columns, rows)
    const command = [process.execPath, inject("dagflow"), ...words].map((word) => `'${word}'`).join(" ")
    // The shell lets Ctrl-C pass, so that it can tell the exit code afterwards.
    const script = `trap : INT; echo before the run; ${command}; echo "exit code $?"`
    this.#pty = spawn("/bin/sh", ["-c", script], {
      cols: columns,
      rows,
      cwd: project,
      env: plainEnv(env) as Record<string, string>
    })
    this.#pty.onData((text) => {
      this.pieces.push({ atMillis: Date.now(), text })
      this.terminal.write(text)
    })
    this.ended = new Promise((resolve) => this.#pty.onExit(({ exitCode }) => resolve(exitCode)))
  }

  /** Everything that was written so far. */
  get text(): string {
    return this.pieces.map(({ text }) => text).join("")
  }

  /** What was written so far, without colours and commands. */
  get shown(): string {
    return stripVTControlCharacters(this.text)
  }

  /** The frames that were drawn, each as it stands between the marks of a synchronised update. */
  get frames(): ReadonlyArray<string> {
    return this.text
      .split("\u001b[?2026h")
      .slice(1)
      .map((part) => part.split("\u001b[?2026l")[0] ?? "")
  }

  /** Presses Ctrl-C. */
  interrupt(): void {
    this.#pty.write("\u0003")
  }

  resize(columns: number, rows: number): void {
    this.#pty.resize(columns, rows)
    this.terminal.resize(columns, rows)
  }

  kill(): void {
    this.#pty.kill("SIGKILL")
  }
}
