/*
 * Goal: each pattern of agents works with a model that is a server, through both ways to reach one, whatever happens on the line.
 * Method: every question to the server is refused, failed and cut off before it is answered; the nodes have retries; what comes of
 * the run has to be what comes of it on a good day.
 */
import { readdirSync, readFileSync } from "node:fs"
import { afterEach, describe, expect, it } from "@effect/vitest"
import { Action, Actions, DagFlow, Flow, type RunHandle } from "@dagflow/core"
import type { RunReport } from "@dagflow/protocol"
import { MemoryStore } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { CritiqueHook, Planner, Tool } from "../src/index.ts"
import type * as Chat from "./ChatServer.ts"
import * as PatternServer from "./PatternServer.ts"
import { type Model, type Reach, ways } from "./ways.ts"
import { nodeOf } from "./world.ts"

let server: Chat.Server | undefined

afterEach(async () => {
  await server?.close()
  server = undefined
})

interface Pattern {
  readonly name: string
  readonly answer: (question: PatternServer.Question) => PatternServer.Said
  /** A flow, and what runs it, for models by their names. */
  readonly make: (model: (name: string) => Model) => {
    readonly flow: Flow.Any
    readonly layers: ReadonlyArray<Layer.Layer<never>>
  }
  /** What happens once the run waits for people. */
  readonly meet?: (run: RunHandle.RunHandle) => Effect.Effect<unknown, unknown>
  readonly check: (report: RunReport.RunReport) => void
  /** Actions whose nodes ask a model. */
  readonly turns: ReadonlyArray<string>
}

const square = Action.make("square", {
  input: Schema.Struct({ of: Schema.Finite }),
  output: Schema.Struct({ square: Schema.Finite }),
  run: ({ of }) => ({ square: of * of })
})

const textOf = (report: RunReport.RunReport, node: string) => nodeOf(report, node).outputs?.["text"]

const solo = (name: string, planner: Planner.Planner<string, never>, model: Model, prompt: string) => ({
  flow: Flow.make(name, (f) => ({ first: f.node("ask", planner.turn, { prompt }) })),
  layers: [planner.layer.pipe(Layer.provide(model))]
})

const toolLoop: Pattern = {
  name: "a tool loop",
  turns: ["agent"],
  answer: ({ last, roles }) =>
    roles.at(-1) === "tool"
      ? `it is ${last.includes("16") ? 25 : "unclear"} 🦊`
      : [
          { id: "a", name: "square", arguments: { of: 3 } },
          { id: "b", name: "square", arguments: { of: 4 } }
        ],
  make: (model) => solo("loop", Planner.make({ name: "agent", tools: [square] }), model("m"), "3² + 4²?"),
  check: (report) => {
    expect(nodeOf(report, "ask_call_1").outputs).toEqual({ square: 9 })
    expect(textOf(report, "ask_2")).toBe("it is 25 🦊")
  }
}

const steps = [
  { id: "one", tool: "square", arguments: { of: 2 } },
  { id: "two", tool: "square", arguments: { of: { $from: "one.square" } } }
]

const planned = (approval: "none" | "required") => (model: (name: string) => Model) =>
  solo("plan", Planner.make({ name: "agent", tools: [square], plan: { approval } }), model("m"), "2⁴?")

const planAndExecute: Pattern = {
  name: "plan-and-execute",
  turns: ["agent"],
  answer: ({ last, roles }) =>
    roles.at(-1) === "tool"
      ? `done: ${last.includes("16")}`
      : [{ id: "p", name: "submit_plan", arguments: { steps } }],
  make: planned("none"),
  check: (report) => {
    expect(nodeOf(report, "ask_two").outputs).toEqual({ square: 16 })
    expect(textOf(report, "ask_2")).toBe("done: true")
  }
}

const humanInTheLoop: Pattern = {
  ...planAndExecute,
  name: "a human in the loop",
  make: planned("required"),
  meet: (run) =>
    Effect.gen(function* () {
      const [wait] = yield* run.waits
      const hash = /^plan (\w+)/.exec(wait?.prompt ?? "")?.[1] ?? ""
      yield* run.answer("ask_approval", { approved: true, hash })
    })
}

const supervisor: Pattern = {
  name: "a supervisor",
  turns: ["boss", "researcher"],
  answer: ({ last, model, roles }) => {
    if (model === "facts") return last.includes("fox") ? "Foxes dig." : "Moles dig."
    return roles.at(-1) === "tool"
      ? [{ id: "end", name: "final_answer", arguments: { text: "all of them" } }]
      : [
          { id: "f", name: "researcher", arguments: { prompt: "What does a fox do?" } },
          { id: "m", name: "researcher", arguments: { prompt: "What does a mole do?" } }
        ]
  },
  make: (model) => {
    const researcher = Planner.make({ name: "researcher" })
    const boss = Planner.make({
      name: "boss",
      tools: [researcher.turn],
      stop: Tool.define({ name: "final_answer", parameters: Schema.Struct({ text: Schema.String }) })
    })
    const { flow, layers } = solo("boss", boss, model("boss"), "Who digs?")
    return { flow, layers: [...layers, researcher.layer.pipe(Layer.provide(model("facts")))] }
  },
  check: (report) => {
    expect(textOf(report, "ask_call_1")).toBe("Foxes dig.")
    expect(textOf(report, "ask_call_2")).toBe("Moles dig.")
    expect(nodeOf(report, "ask_2").status).toBe("completed")
  }
}

const reflection: Pattern = {
  name: "reflection",
  turns: ["writer", "critic"],
  answer: ({ model, text }) => {
    const isExact = text.includes("8,849")
    if (model === "writer") return text.includes("not accepted") ? "8,849 metres." : "Very high."
    const feedback = isExact ? "" : "How many metres?"
    return [{ id: "v", name: "verdict", arguments: { accepted: isExact, feedback } }]
  },
  make: (model) => {
    const writer = Planner.make({ name: "writer" })
    const critic = CritiqueHook.make({ name: "critic", of: writer, instructions: "Accept numbers only." })
    const { flow, layers } = solo("essay", writer, model("writer"), "How high is Everest?")
    return { flow, layers: [...layers, critic.layer.pipe(Layer.provide(model("critic")))] }
  },
  check: (report) => {
    expect(textOf(report, "ask")).toBe("Very high.")
    expect(textOf(report, "ask_2")).toBe("8,849 metres.")
    expect(nodeOf(report, "ask_2_critique").status).toBe("completed")
  }
}

const guides = new URL("../../../docs/guides/", import.meta.url)
const pages = readdirSync(guides).filter((name) => name.endsWith(".md"))

/** The documents are the guides of this repository. */
const loadGuides = Action.make("load-guides", {
  input: Schema.Struct({}),
  output: Schema.Struct({ documents: Schema.Array(Schema.String) }),
  run: () => ({ documents: pages.map((name) => readFileSync(new URL(name, guides), "utf8").slice(0, 2000)) })
})

const titleIn = (text: string): string => /# ([^\\\n"]+)/.exec(text)?.[1] ?? "no title"

const mapReduce: Pattern = {
  name: "map-reduce over documents",
  turns: ["summarise", "combine"],
  answer: ({ last, model }) =>
    model === "map" ? titleIn(last) : `${JSON.parse(JSON.parse(last) as string).length} documents`,
  make: (model) => {
    const summarise = Planner.make({ name: "summarise", instructions: "Give the gist in a sentence." })
    const combine = Planner.make({ name: "combine" })
    const ask = Action.make("ask", {
      input: Schema.Struct({ texts: Schema.Array(Schema.String) }),
      output: Schema.Struct({ prompt: Schema.String }),
      run: ({ texts }) => ({ prompt: JSON.stringify(texts) })
    })
    const flow = Flow.make("documents", (f) => {
      const loaded = f.node("load", loadGuides)
      const parts = f.forEach("part", loaded.out.documents, summarise.turn, (prompt) => ({ prompt }))
      const asked = f.node("asked", ask, { texts: parts.out.text })
      return { whole: f.node("whole", combine.turn, { prompt: asked.out.prompt }) }
    })
    return {
      flow,
      layers: [
        Actions.layer(loadGuides, ask),
        summarise.layer.pipe(Layer.provide(model("map"))),
        combine.layer.pipe(Layer.provide(model("reduce")))
      ]
    }
  },
  check: (report) => {
    expect(textOf(report, "whole")).toBe(`${pages.length} documents`)
    const titles = pages.map((_, at) => textOf(report, `part[${at}]`))
    expect(titles[pages.indexOf("agents.md")]).toBe("Agents")
    expect(new Set(titles).size).toBe(pages.length)
  }
}

const patterns = [toolLoop, planAndExecute, supervisor, reflection, humanInTheLoop, mapReduce]

const config = { retry: { tries: 3, backoff: "immediate" } } as const

const play = ({ answer, check, make, meet, turns }: Pattern, reach: Reach) =>
  Effect.gen(function* () {
    server = yield* Effect.promise(() => PatternServer.start(answer))
    const { asked, url } = server
    const { flow, layers } = make((name) => reach(url, name))
    const engine = DagFlow.layer({ owner: "test" }).pipe(Layer.provide([MemoryStore.layer, ...layers]))
    const report = yield* Effect.gen(function* () {
      const run = yield* (yield* DagFlow).start(flow.spec, { config })
      const first = yield* run.outcome
      if (meet === undefined) return first
      yield* meet(run)
      return yield* run.outcome
    }).pipe(Effect.provide(engine))
    expect(report.status).toBe("completed")
    check(report)
    const asking = report.nodes.filter((node) => turns.includes(node.action) && node.items === undefined)
    expect(asking.map((node) => node.attempts.length)).toEqual(asking.map(() => 3))
    expect(asked).toHaveLength(asking.length * PatternServer.requestsPerQuestion)
    const calling = asking.filter((node) => node.outputs?.["text"] === "")
    expect(calling.filter((node) => node.usage !== undefined)).toEqual([])
    const words = asking.length - calling.length
    expect(report.totals.usage["tokens"] ?? 0).toBe(12 * words)
  })

describe.each(ways)("through %s", (_, reach) => {
  it.live.each(patterns.map((pattern) => [pattern.name, pattern] as const))(
    "%s comes to its end whatever happens on the line",
    ([, pattern]) => play(pattern, reach)
  )
})
