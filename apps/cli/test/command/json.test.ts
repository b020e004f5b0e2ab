/*
 * Goal: with --json, standard output holds JSON of the documented shape and nothing else.
 * Method: every command is run with --json, and what it prints is decoded with the schema of its document, unknown keys
 * refused.
 */
import { existsSync } from "node:fs"
import path from "node:path"
import { Envelope } from "@dagflow/protocol"
import * as Schema from "effect/Schema"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Documents from "../../src/output/Documents.ts"
import { dagflow, lines, Place } from "../Dagflow.ts"

let place: Place

beforeAll(async () => {
  place = new Place()
  for (const [flow, id] of [
    ["hello.yaml", "good"],
    ["fail.yaml", "bad"],
    ["pause.yaml", "paused"]
  ] as const) {
    await dagflow(["run", flow, "--id", id, "--store", place.store, "-q"])
  }
}, 120_000)

afterAll(() => place.remove())

const decode = <A>(schema: Schema.Codec<A, unknown>, text: string): A =>
  Schema.decodeUnknownSync(schema)(JSON.parse(text), { onExcessProperty: "error" })

const json = (...words: ReadonlyArray<string>) => dagflow([...words, "--json", "--store", place.store])

describe("--json", () => {
  it.each([
    ["validate", Documents.ValidateDocument, ["validate", "hello.yaml", "invalid.yaml"], 3],
    ["run --dry-run", Documents.PlanDocument, ["run", "hello.yaml", "--dry-run"], 0],
    ["graph of a flow", Documents.GraphDocument, ["graph", "hello.yaml", "--format", "json"], 0],
    ["graph as a picture", Documents.GraphDocument, ["graph", "hello.yaml", "--format", "svg"], 0],
    ["graph of a run", Documents.GraphDocument, ["graph", "bad", "--format", "json"], 0],
    ["runs", Documents.RunsDocument, ["runs", "--limit", "2"], 0],
    ["approve", Documents.ApproveDocument, ["approve"], 0],
    ["show", Documents.ShowDocument, ["show", "bad"], 0],
    ["show of a node", Documents.ShowDocument, ["show", "bad", "second"], 0],
    ["completion", Documents.CompletionDocument, ["completion", "fish"], 0],
    ["doctor", Documents.DoctorDocument, ["doctor"], 0],
    ["schema", Documents.SchemaDocument, ["schema"], 0],
    ["prune --dry-run", Documents.PruneDocument, ["prune", "--older-than", "1d", "--dry-run"], 0],
    ["help", Documents.HelpDocument, ["help", "exit-codes"], 0],
    ["help about errors", Documents.HelpDocument, ["help", "errors"], 0],
    ["help about an error", Documents.HelpDocument, ["help", "UnknownKey"], 0]
  ] as const)("%s prints one document of its schema", async (_, schema, words, expected) => {
    const { exit, stderr, stdout } = await json(...words)
    expect([exit, stderr]).toEqual([expected, ""])
    expect(stdout.trimEnd().split("\n")).toHaveLength(1)
    const document = decode(schema as Schema.Codec<{ readonly schema: string }, unknown>, stdout)
    expect(document.schema).toMatch(/^dagflow\.[a-z]+\/1$/)
  })

  it("run prints every event as it is recorded, and how it ended as the last line", async () => {
    const { exit, stdout } = await json("run", "fail.yaml", "--id", "streamed")
    const all = lines(stdout)
    for (const line of all) decode(Documents.StreamLine as never, JSON.stringify(line))
    expect(all.at(-1)).toMatchObject({ type: "cli.result", runId: "streamed", state: "failed", exit })
    const sequences = all.slice(0, -1).map((line) => line["sequence"])
    expect(sequences).toEqual(sequences.map((_, index) => index + 1))
    const events = await json("events", "streamed")
    expect(lines(events.stdout)).toEqual(all.slice(0, -1))
  })

  it("run --live puts what actions emit between the events, and nothing of it into the log", async () => {
    const words = ["run", "speak.yaml", "--config", "speak.config.ts"]
    const live = await json(...words, "--id", "live", "--live")
    const all = lines(live.stdout)
    for (const line of all) decode(Documents.StreamLine as never, JSON.stringify(line))
    const told = all.map(({ attempt, event, type, value }) =>
      event === undefined ? [type, attempt, value] : (event as { readonly _tag: string })._tag
    )
    const emitted = (attempt: number) => [
      ...["in ", "to", "kens\n", "and", { done: 1, of: 2 }].map((value) => ["cli.emitted", attempt, value]),
      ["cli.emittedAll", attempt, undefined]
    ]
    expect(told).toEqual([
      "RunStarted",
      "RunOwned",
      "NodeStarted",
      ...emitted(1),
      "NodeFailed",
      "NodeStarted",
      ...emitted(2),
      "NodeCompleted",
      "RunEnding",
      "RunCompleted",
      ["cli.result", undefined, undefined]
    ])
    const log = await json("events", "live")
    expect(lines(log.stdout)).toEqual(all.filter((line) => "event" in line))
    const silent = await json(...words, "--id", "silent")
    expect(silent.stdout).not.toContain("cli.emitted")
  })

  it("run gives the outputs with the last line, and --progress json is the same", async () => {
    for (const words of [["--json"], ["--progress", "json"]]) {
      const { stdout } = await dagflow([
        "run",
        "hello.yaml",
        "-i",
        "name=Ada",
        "--store",
        "memory:",
        ...words
      ])
      expect(lines(stdout).at(-1)).toMatchObject({
        state: "completed",
        outputs: { again: { text: "Hello, Hello, Ada!!" } }
      })
    }
  })

  it("resume prints what happens from where it takes the run up", async () => {
    const { exit, stdout } = await json("resume", "paused")
    const all = lines(stdout)
    expect(exit).toBe(0)
    expect(all[0]).toMatchObject({ event: { _tag: "RunOwned" } })
    expect(all.at(-1)).toMatchObject({ type: "cli.result", state: "completed" })
  })

  it("events prints envelopes, one per line, with the keys of an envelope in their order", async () => {
    const { stdout } = await json("events", "good")
    const [first = ""] = stdout.split("\n")
    expect(Object.keys(JSON.parse(first) as object)).toEqual([
      "version",
      "runId",
      "sequence",
      "at",
      "epoch",
      "event"
    ])
    for (const line of lines(stdout)) decode(Envelope.Envelope as never, JSON.stringify(line))
  })

  it("events takes only what is asked for", async () => {
    const { stdout } = await json("events", "bad", "--type", "nodefailed", "--node", "second")
    expect(lines(stdout).map((line) => (line["event"] as { attempt: number }).attempt)).toEqual([1, 2])
    const later = await json("events", "bad", "--from", "5")
    expect(lines(later.stdout)[0]).toMatchObject({ sequence: 5 })
  })

  it("cancel prints what became of the command", async () => {
    await dagflow(["run", "pause.yaml", "--id", "cancelled", "--store", place.store, "-q"])
    const { exit, stdout } = await json("cancel", "cancelled")
    expect(exit).toBe(0)
    expect(decode(Documents.CommandDocument as never, stdout)).toMatchObject({ status: "cancelled" })
  })

  it("pause and send print what became of the command", async () => {
    await dagflow(["run", "pause.yaml", "--id", "told", "--store", place.store, "-q"])
    const paused = await json("pause", "told", "--reason", "lunch")
    expect(decode(Documents.CommandDocument as never, paused.stdout)).toMatchObject({ status: "sent" })
    const sent = await json("send", "told", '{ "_tag": "EmitEvent", "name": "bell" }')
    expect(decode(Documents.SendDocument, sent.stdout)).toMatchObject({
      status: "kept",
      command: "EmitEvent"
    })
  })

  it("init prints the files that it wrote", async () => {
    const folder = path.join(place.folder, "fresh")
    const { stdout } = await json("init", folder)
    const { files } = decode(Documents.InitDocument, stdout)
    expect(files.filter((file) => !existsSync(file))).toEqual([])
  })

  it.each([
    [["run", "--no-such-flag"], "UsageError", 2],
    [["show", "nobody"], "RunNotFound", 6],
    [["run", "invalid.yaml"], "UnknownAction", 3],
    [["cancel", "good"], "RunEnded", 8],
    [["show", "good", "agian"], "UnknownNode", 6],
    [["show", "good", "--at", "999"], "InvalidInput", 3],
    [["events", "bad", "--type", "NodeFaild"], "InvalidFlag", 2]
  ] as const)(
    "the error of %j is a document on standard error, with the same exit code",
    async (words, code, exit) => {
      const ended = await json(...words)
      expect(ended.exit).toBe(exit)
      expect(ended.stdout).toBe("")
      const document = decode(Documents.ErrorDocument, ended.stderr)
      expect(document).toMatchObject({ schema: "dagflow.error/1", code, exit })
    }
  )

  it("the error of a failed run has the failed node, its place in the file and where the run stood", async () => {
    const { stderr } = await dagflow(["run", "fail.yaml", "--json", "-q", "--store", place.store])
    const document = decode(Documents.ErrorDocument, stderr)
    expect(document).toMatchObject({
      code: "NodesFailed",
      exit: 1,
      node: "second",
      at: { file: "fail.yaml", line: 6, column: 3, endColumn: 9 },
      frontier: { completed: 1, cancelled: 1, failed: { count: 1, first: ["second"] } }
    })
    expect(document.next[0]).toMatch(/^dagflow show \S+ second --store /)
  })

  it("an error of a definition has the place of its first problem, and all problems", async () => {
    const { stderr } = await json("run", "invalid.yaml")
    const document = decode(Documents.ErrorDocument, stderr)
    expect(document.at).toMatchObject({ line: 7, column: 13, endColumn: 17 })
    expect(document.problems?.map(({ code }) => code)).toEqual([
      "UnknownAction",
      "UnknownDependency",
      "CycleFound"
    ])
  })
})
