/** A terminal that is emulated, so that tests see what a person would see, scrollback included. */
import { createRequire } from "node:module"
import type { Terminal as TerminalType } from "@xterm/headless"

// The package is CommonJS whose names Node cannot find.
const { Terminal } = createRequire(import.meta.url)("@xterm/headless") as {
  readonly Terminal: typeof TerminalType
}

/** An emulated terminal. */
export class Emulator {
  columns: number
  rows: number
  /** Everything that was written, write by write. */
  readonly writes: Array<string> = []
  readonly #terminal: TerminalType
  readonly #listeners = new Set<() => void>()

  constructor(columns: number, rows: number) {
    this.columns = columns
    this.rows = rows
    this.#terminal = new Terminal({
      cols: columns,
      rows,
      scrollback: 5000,
      allowProposedApi: true,
      convertEol: true
    })
  }

  readonly write = (text: string): boolean => {
    this.writes.push(text)
    this.#terminal.write(text)
    return true
  }

  on(_: "resize", listener: () => void): this {
    this.#listeners.add(listener)
    return this
  }

  off(_: "resize", listener: () => void): this {
    this.#listeners.delete(listener)
    return this
  }

  /** Changes the size, as dragging the window's corner does. */
  resize(columns: number, rows: number): void {
    this.columns = columns
    this.rows = rows
    this.#terminal.resize(columns, rows)
    for (const listener of this.#listeners) listener()
  }

  /** What stands on the terminal and in its scrollback, without the empty lines at the end. */
  async lines(): Promise<ReadonlyArray<string>> {
    await new Promise<void>((resolve) => this.#terminal.write("", resolve))
    const { active } = this.#terminal.buffer
    const lines: Array<string> = []
    for (let row = 0; row < active.length; row++) {
      lines.push(active.getLine(row)?.translateToString(true) ?? "")
    }
    while (lines.at(-1) === "") lines.pop()
    return lines
  }

  /** Whether the cursor is shown. */
  get hasCursor(): boolean {
    const all = this.writes.join("")
    return all.lastIndexOf("\u001b[?25h") >= all.lastIndexOf("\u001b[?25l")
  }
}
