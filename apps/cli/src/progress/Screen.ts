/**
 * The part of a terminal that is drawn again and again: a few lines at the bottom, with everything that stays above them.
 *
 * It never clears the screen or its scrollback, never takes more lines than it is given, hides the cursor while it draws
 * and shows it again on every way out. What other code writes to the terminal meanwhile goes above the window.
 */
import { width } from "../output/Phrase.ts"

const escape = "\u001b["
const hideCursor = `${escape}?25l`
const showCursor = `${escape}?25h`
const beginUpdate = `${escape}?2026h`
const endUpdate = `${escape}?2026l`
const eraseBelow = `${escape}J`

/** A terminal as far as the window needs it. */
export interface TerminalStream {
  readonly columns?: number | undefined
  readonly write: (text: string) => void
}

/** The window of a terminal. */
export interface Screen {
  /** Writes lines that stay, and draws the window below them. */
  readonly update: (lines: ReadonlyArray<string>, frame: ReadonlyArray<string>) => void
  /** The size of the terminal has changed: lines may have been wrapped. */
  readonly resized: () => void
  /** Takes the window away and shows the cursor. Nothing happens the second time. */
  readonly close: () => void
}

/** Makes the window of a terminal; nothing is written before the first update. */
export const make = (terminal: TerminalStream): Screen => {
  let drawn: ReadonlyArray<string> = []
  let previous = ""
  let isOpen = false

  /** Rows that the drawn lines take now: a terminal that became narrower has wrapped them. */
  const rowsDrawn = (): number => {
    const columns = Math.max(1, terminal.columns ?? 80)
    return drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(width(line) / columns)), 0)
  }

  const backToTop = (): string => {
    const rows = rowsDrawn()
    return rows === 0 ? "" : `\r${rows > 1 ? `${escape}${rows - 1}A` : ""}${eraseBelow}`
  }

  return {
    update: (lines, frame) => {
      const window = frame.join("\n")
      if (lines.length === 0 && (isOpen ? window === previous : window === "")) return
      const stay = lines.map((line) => `${line}\n`).join("")
      terminal.write(`${beginUpdate}${isOpen ? "" : hideCursor}${backToTop()}${stay}${window}${endUpdate}`)
      isOpen = true
      drawn = frame
      previous = window
    },
    resized: () => {
      previous = ""
    },
    close: () => {
      if (!isOpen) return
      terminal.write(`${backToTop()}${showCursor}`)
      isOpen = false
      drawn = []
      previous = ""
    }
  }
}
