/** A process that lets a model answer a question, with a tool and within a budget, and says how the run stands at its end. */
import { Action, DagFlow, Flow } from "@dagflow/core"
import { OpenAiCompatible, Planner } from "@dagflow/planner"
import { SqliteStore } from "@dagflow/store-sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"

const [, , filename = "", url = ""] = process.argv

const add = Action.make("add", {
  input: Schema.Struct({ a: Schema.Int, b: Schema.Int }),
  output: Schema.Struct({ sum: Schema.Int }),
  run: ({ a, b }) => ({ sum: a + b })
})

const agent = Planner.make({
  name: "agent",
  tools: [add],
  estimate: { tokens: 1000 },
  limits: { tokensMax: 5000 }
})

const flow = Flow.make("ask", { config: { budget: { tokens: 10_000 } } }, (f) => ({
  first: f.node("agent", agent.turn, { prompt: "2 + 3?" })
}))

const engine = DagFlow.layer({ recovery: "continuous" }).pipe(
  Layer.provide([
    SqliteStore.layer({ filename }),
    agent.layer.pipe(Layer.provide(OpenAiCompatible.layer({ url, model: "local" })))
  ])
)

const program = Effect.gen(function* () {
  const run = yield* (yield* DagFlow).start(flow, { id: "run" })
  const { budgets, nodes, status } = yield* run.outcome
  const attempts = nodes.flatMap(({ attempts, nodeId }) =>
    attempts.map(({ error, usage }) => [nodeId, error?.cause ?? "ok", usage?.["tokens"] ?? null])
  )
  const text = nodes.at(-1)?.outputs?.["text"]
  console.log(JSON.stringify({ status, text, attempts, tokens: budgets?.[0]?.lines[0] }))
})

await Effect.runPromise(Effect.provide(program, engine))
