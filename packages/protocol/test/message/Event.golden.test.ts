/**
 * Goal: a log that any released version has written can be read for ever. Method: logs that are kept as they were written,
 * with how their runs ended. They are only ever added to; what has stood here once stays as it is.
 */
import { readFileSync } from "node:fs"
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { Envelope, Event, Evolve, Invariants } from "../../src/index.ts"

interface GoldenLog {
  readonly name: string
  readonly ends: string
  readonly nodes: Readonly<Record<string, string>>
  readonly log: ReadonlyArray<{ readonly runId: string; readonly event: { readonly _tag: string } }>
}

const file = new URL("../fixtures/events.v1.json", import.meta.url)
const golden: ReadonlyArray<GoldenLog> = JSON.parse(readFileSync(file, "utf8"))

const decode = Schema.decodeUnknownSync(Envelope.Envelope)
const encode = Schema.encodeSync(Envelope.Envelope)

const eventsOf = (tag: string) => golden.flatMap(({ log }) => log).filter(({ event }) => event._tag === tag)

describe("the golden logs", () => {
  it.each(Event.tags)("hold %s, with every field that it has", (tag) => {
    const written = eventsOf(tag).flatMap(({ event }) => Object.keys(event))
    const fields = Event.Event.members
      .filter((one) => one.fields._tag.schema.literal === tag)
      .flatMap((one) => Object.keys(one.fields))
    expect(new Set(written)).toEqual(new Set(fields))
  })

  it.each(golden)("read as they were written: $name", ({ log }) => {
    for (const envelope of log) {
      const read = decode(envelope)
      expect(read).toEqual(envelope)
      expect(encode(read)).toEqual(envelope)
    }
  })

  it.each(golden)("fold into the state that they always folded into: $name", ({ ends, log, nodes }) => {
    const state = Evolve.fold(
      log[0]?.runId ?? "",
      log.map((one) => decode(one))
    )
    expect(Invariants.check(state)).toEqual([])
    expect(state.status).toBe(ends)
    expect(Object.fromEntries(state.nodes.map((node) => [node.spec.id, node.status]))).toEqual(nodes)
  })
})
