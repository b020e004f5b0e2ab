/*
 * Goal: tools of an MCP server are nodes behind the guard, and however the server misbehaves, the node fails by type, no process is
 * left, and the next call finds a server again. Method: a real server, a program of its own, that is told how to behave.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as turnOf } from "node:timers/promises"
import { NodeServices } from "@effect/platform-node"
import { afterEach, beforeEach, describe, expect, it } from "@effect/vitest"
import { Action, DagFlow, Flow } from "@dagflow/core"
import type { RunReport } from "@dagflow/protocol"
import { MemoryStore } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Mcp, type McpError, Planner, Replay } from "../src/index.ts"
import * as ScriptedModel from "./ScriptedModel.ts"
import { nodeOf } from "./world.ts"

const program = new URL("mcpProgram.ts", import.meta.url).pathname

let folder = ""

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "dagflow-mcp-"))
})

const pids = (): ReadonlyArray<number> => {
  try {
    return readFileSync(path.join(folder, "pids"), "utf8").trim().split("\n").map(Number)
  } catch {
    return []
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

afterEach(() => {
  expect(pids().filter(isAlive)).toEqual([])
  rmSync(folder, { recursive: true, force: true })
})

const options = (behaviour: string, more: Partial<Mcp.StdioOptions> = {}): Mcp.StdioOptions => ({
  name: "test",
  command: process.execPath,
  args: [program, behaviour, path.join(folder, "pids")],
  allow: "all",
  ...more
})

/** Runs calls of a model, turn by turn, and gives the report and what the model was told last. */
const converse = (
  tools: ReadonlyArray<Action.Any<never>>,
  ...turns: ReadonlyArray<ReadonlyArray<ScriptedModel.Call>>
) =>
  Effect.gen(function* () {
    const agent = Planner.make({ name: "agent", tools })
    const model = ScriptedModel.saying(...turns.map((calls) => ({ calls })), { text: "done" })
    const flow = Flow.make("ask", (f) => ({ first: f.node("agent", agent.turn, { prompt: "go" }) }))
    return yield* Effect.gen(function* () {
      const dagflow = yield* DagFlow
      const run = yield* dagflow.start(flow, { id: "run", seed: 1 })
      const report: RunReport.RunReport = yield* run.outcome
      const archive = yield* dagflow.exportRun("run")
      return { report, archive, told: model.asked.at(-1)?.messages.at(-1), shown: model.asked[0]?.tools }
    }).pipe(
      Effect.provide(
        DagFlow.layer({ owner: "test" }).pipe(
          Layer.provide([MemoryStore.layer, agent.layer.pipe(Layer.provide(model.layer))])
        )
      )
    )
  })

/** Uses a server, and closes it. */
const using = <A, E>(
  given: Mcp.StdioOptions,
  use: (server: Mcp.Server) => Effect.Effect<A, E>
): Effect.Effect<A, E | McpError> =>
  Effect.flatMap(Mcp.stdio(given), use).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

const call = (tool: string, params: unknown = {}): ScriptedModel.Call => ({ name: `test_${tool}`, params })

describe("the tools of an MCP server", () => {
  it.live("are nodes: allowed by name, checked by the server's schema, with texts and JSON as outputs", () =>
    Effect.gen(function* () {
      const { report, shown, told } = yield* using(options("good", { allow: ["add", "draw"] }), (server) =>
        converse(server.actions, [
          call("add", { a: 2, b: 3 }),
          call("add", { a: 2 }),
          call("add", { a: 2, b: 3, c: 4 }),
          call("die"),
          call("draw")
        ])
      )
      expect(report.status).toBe("completed")
      expect(shown).toEqual(["test_add", "test_draw"])
      expect(nodeOf(report, "agent_call_1").outputs).toEqual({
        text: "the sum is 5",
        structured: { sum: 5 }
      })
      expect(nodeOf(report, "agent_call_5").outputs).toEqual({ text: "[image/png, 3 bytes, not kept]" })
      expect(told).toMatchObject({
        content: [
          { isFailure: false },
          { result: { refused: "InvalidInput" } },
          { result: { refused: "InvalidInput" } },
          { result: { refused: "UnknownAction" } },
          { isFailure: false }
        ]
      })
      expect(pids()).toHaveLength(1)
    })
  )

  it.live("get no more of this process's environment than a program needs, and what they are given", () =>
    Effect.gen(function* () {
      process.env["DAGFLOW_TEST_SECRET"] = "hush"
      const given = options("good", { allow: ["show.environment"], env: { GIVEN: "1" } })
      const { report } = yield* using(given, (server) => converse(server.actions, [call("show_environment")]))
      delete process.env["DAGFLOW_TEST_SECRET"]
      const names = JSON.stringify(nodeOf(report, "agent_call_1").outputs?.["text"]).split(/[" ]/)
      expect(names).toContain("GIVEN")
      expect(names).toContain("PATH")
      expect(names).not.toContain("DAGFLOW_TEST_SECRET")
    })
  )

  const unwell: ReadonlyArray<
    readonly [
      how: string,
      asked: ScriptedModel.Call,
      tag: string,
      started: number,
      more?: Partial<Mcp.Options>
    ]
  > = [
    ["dies in the middle of a call", call("die"), "ServerLost", 2],
    ["says what is no JSON", call("babble"), "InvalidMessage", 2],
    ["sends megabytes", call("large", { bytes: 5_000_000 }), "TooLarge", 2],
    ["sends a little too much", call("large", { bytes: 2000 }), "TooLarge", 1, { resultBytesMax: 1000 }],
    ["sends half a character", call("half"), "InvalidMessage", 1],
    ["says that the tool has failed", call("fail"), "ToolFailed", 1]
  ]

  it.live.each(unwell)(
    "of a server that %s fail by type, and the next call is carried out",
    ([, asked, tag, started, more]) =>
      Effect.gen(function* () {
        const { report, told } = yield* using(options("good", more), (server) =>
          converse(server.actions, [asked], [call("add", { a: 1, b: 1 })])
        )
        expect(report.status).toBe("completed")
        const failed = nodeOf(report, "agent_call_1")
        expect(failed.error).toMatchObject({ cause: "Failed", tag: "McpError" })
        expect(failed.error?.chain?.[0]?.tag).toBe(tag)
        expect(nodeOf(report, "agent_2_call_1").outputs).toMatchObject({ structured: { sum: 2 } })
        expect(told).toMatchObject({ role: "tool", content: [{ isFailure: false }] })
        expect(pids()).toHaveLength(started)
      })
  )

  it.live("of a server that does not answer in time fail by type", () =>
    Effect.gen(function* () {
      const { report, told } = yield* using(options("good", { callTimeout: "50 millis" }), (server) =>
        converse(server.actions, [call("hang")])
      )
      expect(report.status).toBe("completed")
      expect(nodeOf(report, "agent_call_1").error?.chain?.[0]?.tag).toBe("TimedOut")
      expect(told).toMatchObject({ content: [{ isFailure: true, result: { error: "McpError" } }] })
    })
  )

  it.live("of a server that died are called again where the node says so", () =>
    using(options("good", { allow: ["die"] }), (server) =>
      Effect.gen(function* () {
        const [die] = server.actions
        const flow = Flow.make("twice", (f) => ({
          end: f.node("end", die!, {}, { retry: { tries: 2, backoff: "immediate" } })
        }))
        const report = yield* Effect.gen(function* () {
          return yield* (yield* (yield* DagFlow).start(flow)).outcome
        }).pipe(Effect.provide(DagFlow.layer().pipe(Layer.provide(MemoryStore.layer))))
        expect(report.status).toBe("failed")
        expect(nodeOf(report, "end").attempts.map(({ error }) => error?.chain?.[0]?.tag)).toEqual([
          "ServerLost",
          "ServerLost"
        ])
        expect(pids()).toHaveLength(2)
        expect(pids().filter(isAlive)).toEqual([])
      })
    )
  )

  it.live("of a server that ended while nobody called it are called without a failure", () =>
    using(options("good", { allow: ["leave", "add"] }), (server) =>
      Effect.gen(function* () {
        const [leave, add] = server.actions
        const gone = Action.fn("gone", async () => {
          const until = Date.now() + 20_000
          while (pids().some(isAlive) && Date.now() < until) await turnOf(1)
        })
        const flow = Flow.make("away", (f) => {
          const left = f.node("left", leave!, {})
          const away = f.node("away", gone, {}, { dependsOn: [left] })
          return { sum: f.node("sum", add!, { a: 1, b: 2 }, { dependsOn: [away] }) }
        })
        const report = yield* Effect.gen(function* () {
          return yield* (yield* (yield* DagFlow).start(flow)).outcome
        }).pipe(Effect.provide(DagFlow.layer().pipe(Layer.provide(MemoryStore.layer))))
        expect(report.status).toBe("completed")
        expect(nodeOf(report, "sum").outputs).toMatchObject({ structured: { sum: 3 } })
        expect(pids()).toHaveLength(2)
      })
    )
  )

  it.live("end their call when the node is cancelled, and are called again after it", () =>
    using(options("good"), (server) =>
      Effect.gen(function* () {
        const hang = server.actions.find(({ name }) => name === "test_hang")
        const add = server.actions.find(({ name }) => name === "test_add")
        const flow = Flow.make("slow", { config: { onFailure: "continue" } }, (f) => {
          const slow = f.node("slow", hang!, {}, { timeout: "50 millis" })
          return { sum: f.node("sum", add!, { a: 1, b: 2 }, { dependsOn: [slow], trigger: "all_done" }) }
        })
        const report = yield* Effect.gen(function* () {
          return yield* (yield* (yield* DagFlow).start(flow)).outcome
        }).pipe(Effect.provide(DagFlow.layer().pipe(Layer.provide(MemoryStore.layer))))
        expect(nodeOf(report, "slow").error?.cause).toBe("TimedOut")
        expect(nodeOf(report, "sum").outputs).toMatchObject({ structured: { sum: 3 } })
        expect(pids()).toHaveLength(1)
      })
    )
  )

  it.live("of which one disappears fail by name of that", () =>
    Effect.gen(function* () {
      const { report } = yield* using(options("good"), (server) =>
        converse(server.actions, [call("once")], [call("once")], [call("add", { a: 1, b: 1 })])
      )
      expect(nodeOf(report, "agent_call_1").outputs).toEqual({ text: "once" })
      expect(nodeOf(report, "agent_2_call_1").error).toMatchObject({
        isRetryable: false,
        message: expect.stringContaining('has no tool "once"'),
        chain: [{ tag: "ToolGone" }]
      })
      expect(nodeOf(report, "agent_3_call_1").status).toBe("completed")
    })
  )

  const unusable: ReadonlyArray<
    readonly [how: string, given: (folder: string) => Mcp.StdioOptions, tag: string]
  > = [
    ["does not exist", () => options("good", { command: "/no/such/program" }), "ServerUnavailable"],
    ["ends at once", () => options("exits"), "ServerUnavailable"],
    ["prints what is no JSON", () => options("babbles"), "InvalidMessage"],
    ["never answers initialize", () => options("silent", { startTimeout: "300 millis" }), "TimedOut"],
    ["does not have what is allowed", () => options("good", { allow: ["add", "divide"] }), "ToolGone"],
    ["has a name that no action may have", () => options("good", { name: "a b" }), "UnusableTool"]
  ]

  it.live.each(unusable)("of a server that %s are refused by type", ([, given, tag]) =>
    Effect.gen(function* () {
      const error = yield* using(given(folder), () => Effect.void).pipe(Effect.flip)
      expect(error.reason._tag).toBe(tag)
      expect(pids().filter(isAlive)).toEqual([])
    })
  )

  it.live("of a server that speaks an older revision are called as well", () =>
    Effect.gen(function* () {
      const { report } = yield* using(options("old"), (server) =>
        converse(server.actions, [call("add", { a: 4, b: 4 })])
      )
      expect(nodeOf(report, "agent_call_1").outputs).toMatchObject({ structured: { sum: 8 } })
    })
  )

  it.live("that were listed once need no server before a call, and refuse to be others by then", () =>
    Effect.gen(function* () {
      const tools = yield* using(options("good", { allow: ["add"] }), ({ tools }) => Effect.succeed(tools))
      const kept = JSON.parse(JSON.stringify(tools)) as ReadonlyArray<Mcp.Listed>
      const started = pids().length
      const { report } = yield* using(options("changed", { tools: kept }), (server) => {
        expect(pids()).toHaveLength(started)
        return converse(server.actions, [call("add", { a: 1, b: 1 })])
      })
      expect(pids()).toHaveLength(started + 1)
      expect(nodeOf(report, "agent_call_1").error?.chain?.[0]?.tag).toBe("ToolChanged")
    })
  )

  it.live("replay without the server, byte for byte, failures included", () =>
    Effect.gen(function* () {
      const turns = [[call("add", { a: 2, b: 3 })], [call("fail")], [call("die")]]
      const { archive, tools } = yield* using(options("good"), (server) =>
        Effect.map(converse(server.actions, ...turns), (recorded) => ({ ...recorded, tools: server.tools }))
      )
      const none = options("good", { command: "/no/such/program", tools })
      const replayed = yield* using(none, (server) =>
        converse(Replay.actions(archive, server.actions), ...turns)
      )
      // The clock of this test is the real one.
      const logOf = (one: typeof archive) =>
        one.events.map((envelope) => JSON.stringify({ ...envelope, at: 0 }))
      expect(logOf(replayed.archive)).toEqual(logOf(archive))
      expect(replayed.report.nodes.filter(({ status }) => status === "failed")).toHaveLength(2)
      expect(pids()).toHaveLength(1)
    })
  )
})
