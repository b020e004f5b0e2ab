/** What was refused in a run: why it may have done less than somebody wanted. */
import { type Envelope, Rejection } from "@dagflow/protocol"
import type { RefusalsDocument } from "../output/Documents.ts"
import { count, oneLine } from "../output/Phrase.ts"

/** Refusals that are told of one by one. */
const lastMax = 3

/** Collects the refusals of a log, event by event; of many the last ones. */
export class Refusals {
  #count = 0
  readonly #last: Array<(typeof RefusalsDocument.Type)["last"][number]> = []

  /** Takes an event of the log. */
  see({ cause, event, sequence }: Envelope.Envelope): void {
    if (event._tag !== "CommandRejected") return
    this.#count++
    const by = cause?.hook === undefined ? {} : { hook: cause.hook }
    const message = Rejection.describe(event.rejection)
    this.#last.push({ sequence, command: event.command, ...by, code: event.rejection._tag, message })
    if (this.#last.length > lastMax) this.#last.shift()
  }

  /** What is known as JSON; nothing when nothing was refused. */
  get document(): typeof RefusalsDocument.Type | undefined {
    return this.#count === 0 ? undefined : { count: this.#count, last: this.#last }
  }

  /** The same in lines. */
  lines(): ReadonlyArray<string> {
    if (this.#count === 0) return []
    const more = this.#count > lastMax ? `, the last ${lastMax} of them` : ""
    return [
      `  ${count(this.#count, "command")} refused${more}:`,
      ...this.#last.map(({ command, hook, message, sequence }) => {
        const by = hook === undefined ? "" : ` of hook ${oneLine(hook)}`
        return `    ${command}${by} at event ${sequence}: ${oneLine(message)}`
      })
    ]
  }
}
