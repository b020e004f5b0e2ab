/** Progress as lines that are only ever added, for pipes, logs and build servers. */
import { harmless } from "../output/Phrase.ts"
import type { OutputShape } from "../output/Output.ts"
import * as EmittedText from "./EmittedText.ts"
import * as Narrator from "./Narrator.ts"
import type { Note } from "./Note.ts"
import * as PlainLine from "./PlainLine.ts"
import { gapText } from "./gapText.ts"
import type { Progress, ProgressOptions, ProgressStreams } from "./Progress.ts"

/** Makes progress that adds lines to standard error. */
export const make = (
  output: Pick<OutputShape, "redactor" | "verbose">,
  options: Pick<ProgressOptions, "about" | "live">,
  streams: Pick<ProgressStreams, "err">
): Progress => {
  const narrator = Narrator.make({ about: options.about, verbose: output.verbose })
  const emitted = EmittedText.make()
  let startMillis: number | undefined
  let isClosed = false
  const show = (notes: ReadonlyArray<Note>): void => {
    if (notes.length === 0) return
    const lines = notes.map((note) => `${PlainLine.format(note, startMillis ?? note.atMillis)}\n`)
    streams.err(output.redactor.text(lines.join("")))
  }
  const say = (text: string): void => streams.err(`${output.redactor.text(harmless(text))}\n`)
  return {
    tickMillis: 1000,
    recall: narrator.recall,
    event: (envelope, state) => {
      startMillis ??= envelope.at
      show(narrator.event(envelope, state))
    },
    emitted: options.live
      ? (message, atMillis) => {
          if (message._tag === "Gap") say(gapText(message.missed.Emitted))
          for (const line of emitted.take(message)) show(narrator.log({ ...line, atMillis }))
        }
      : undefined,
    log: (line) => show(narrator.log(line)),
    write: say,
    say,
    tick: (nowMillis) => show(narrator.tick(nowMillis)),
    close: (nowMillis) => {
      if (isClosed) return
      isClosed = true
      show(narrator.flush(nowMillis))
    }
  }
}
