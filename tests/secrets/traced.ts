/**
 * A program that runs the flow of this folder with an engine of its own, and writes down all that it gets to see: logs, spans,
 * what it follows live, the report and the error.
 */
import { Actions, DagFlow, Hooks } from "@dagflow/core"
import { SqliteStore } from "@dagflow/store-sqlite"
import { FlowYaml } from "@dagflow/yaml"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { appendFileSync } from "node:fs"
import { inspect } from "node:util"
import config from "./flow/dagflow.config.ts"

const write = (file: string, ...values: ReadonlyArray<unknown>): void => {
  for (const value of values) {
    appendFileSync(
      file,
      typeof value === "string" ? `${value}\n` : `${inspect(value, { depth: 20, maxStringLength: null })}\n`
    )
  }
}

const tracer = Tracer.make({
  span: (options) => {
    const span = new Tracer.NativeSpan(options)
    const end = span.end.bind(span)
    span.end = (endTime, exit) => {
      write("spans.txt", span.name, [...span.attributes], span.events, exit)
      if (Exit.isFailure(exit)) write("spans.txt", Cause.pretty(exit.cause))
      end(endTime, exit)
    }
    return span
  }
})

const logger = Logger.make<unknown, void>(({ cause, date, logLevel, message }) =>
  write("log.txt", `${date.toISOString()} ${logLevel}`, message, Cause.pretty(cause))
)

const program = Effect.gen(function* () {
  const dagflow = yield* DagFlow
  const flow = yield* FlowYaml.load("flow.yaml")
  const run = yield* dagflow.start(flow, {
    id: "r1",
    input: { key: "${env.CANARY}", marker: "nothingSecretAboutThis" }
  })
  const follow = Stream.runForEach(run.live(), (message) => Effect.sync(() => write("live.txt", message)))
  yield* Effect.forkChild(follow, { startImmediately: true })
  write("report.txt", yield* run.outcome)
  const error = yield* Effect.flip(run.outputs)
  write("error.txt", error, error.message, JSON.stringify(error))
})

const engine = DagFlow.layer({ spans: true }).pipe(
  Layer.provide([
    SqliteStore.layer("runs.db"),
    Actions.layer(...config.actions),
    Hooks.layer(...config.hooks)
  ])
)

const traced = Effect.provide(program, Layer.merge(engine, NodeServices.layer)).pipe(
  Effect.withTracer(tracer),
  Effect.provide(Logger.layer([logger]))
)

await Effect.runPromise(traced)
