/** Progress on a terminal: what has happened scrolls away above, what is going on stays in a window at the bottom. */
import type { RunState } from "@dagflow/protocol"
import { harmless } from "../output/Phrase.ts"
import type { OutputShape } from "../output/Output.ts"
import * as EmittedText from "./EmittedText.ts"
import * as Frame from "./Frame.ts"
import { gapText } from "./gapText.ts"
import * as Narrator from "./Narrator.ts"
import type { Note } from "./Note.ts"
import type { Progress, ProgressOptions, ProgressStreams } from "./Progress.ts"
import * as Screen from "./Screen.ts"
import * as WindowLine from "./WindowLine.ts"

/** Shortest time between two frames: at most ten in a second. */
export const frameMillis = 100

/** A window in which nothing happens is drawn again this often, for its clock. */
export const idleMillis = 1000

/** What a window needs of its surroundings. */
export interface WindowTerminal extends Screen.TerminalStream {
  readonly rows?: number | undefined
  readonly on: (event: "resize", listener: () => void) => unknown
  readonly off: (event: "resize", listener: () => void) => unknown
}

type Look = Pick<OutputShape, "redactor" | "verbose" | "glyphs" | "styleErr">

/** Makes progress with a window on standard error. */
export const make = (output: Look, options: ProgressOptions, streams: ProgressStreams): Progress => {
  const { stderr } = process
  const terminal: WindowTerminal = {
    get columns() {
      return stderr.columns
    },
    get rows() {
      return stderr.rows
    },
    write: streams.err,
    on: (event, listener) => stderr.on(event, listener),
    off: (event, listener) => stderr.off(event, listener)
  }
  return on(terminal, output, options)
}

/** Makes progress with a window on any terminal. */
export const on = (terminal: WindowTerminal, output: Look, options: ProgressOptions): Progress => {
  const narrator = Narrator.make({ about: options.about, verbose: output.verbose })
  const screen = Screen.make(terminal)
  const emitted = EmittedText.make()
  let state: RunState.RunState | undefined
  let startMillis = 0
  let drawnAtMillis = 0
  let isDirty = false
  let isClosed = false

  const drawing = (): WindowLine.Drawing => ({
    glyphs: output.glyphs,
    style: output.styleErr,
    columns: terminal.columns ?? 80
  })
  const above = linesAbove(output.redactor, drawing)
  const draw = (nowMillis: number): void => {
    if (isClosed || state === undefined) return
    const { hint } = options
    const { tailOf } = emitted
    const scene = { state, narrator, nowMillis, startMillis, rows: terminal.rows ?? 24, hint, tailOf }
    screen.update(above.take(), Frame.draw(scene, drawing()).map(output.redactor.text))
    drawnAtMillis = nowMillis
    isDirty = false
  }
  const resized = (): void => {
    screen.resized()
    isDirty = true
  }
  terminal.on("resize", resized)
  const { keep, say } = above

  return {
    tickMillis: frameMillis,
    recall: (envelope, folded) => {
      narrator.recall(envelope, folded)
      state = folded
    },
    event: (envelope, folded) => {
      if (startMillis === 0) startMillis = envelope.at
      state = folded
      isDirty = true
      keep(narrator.event(envelope, folded))
    },
    emitted: (message, atMillis) => {
      isDirty = true
      if (options.live && message._tag === "Gap") say(gapText(message.missed.Emitted))
      for (const line of emitted.take(message)) if (options.live) keep(narrator.log({ ...line, atMillis }))
    },
    log: (line) => keep(narrator.log(line)),
    write: say,
    say,
    tick: (nowMillis) => {
      keepQuietly(narrator.tick(nowMillis), keep)
      if (isDirty || above.has() || nowMillis - drawnAtMillis >= idleMillis) draw(nowMillis)
    },
    close: (nowMillis) => {
      if (isClosed) return
      keep(narrator.flush(nowMillis))
      screen.update(above.take(), [])
      screen.close()
      isClosed = true
      terminal.off("resize", resized)
    }
  }
}

/** The lines that the next drawing puts above the window. */
const linesAbove = (redactor: Look["redactor"], drawing: () => WindowLine.Drawing) => {
  let lines: Array<string> = []
  return {
    has: (): boolean => lines.length > 0,
    keep: (notes: ReadonlyArray<Note>): void => {
      for (const note of notes) lines.push(redactor.text(WindowLine.format(note, drawing())))
    },
    say: (text: string): void => {
      for (const line of harmless(text).split("\n")) lines.push(redactor.text(line))
    },
    take: (): ReadonlyArray<string> => {
      const taken = lines
      lines = []
      return taken
    }
  }
}

/** The window shows what runs: the line that says so after a long silence is for logs. */
const keepQuietly = (notes: ReadonlyArray<Note>, keep: (notes: ReadonlyArray<Note>) => void): void => {
  const told = notes.filter((note) => note.word !== "alive")
  if (told.length > 0) keep(told)
}
