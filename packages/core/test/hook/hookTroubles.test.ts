/** Whoever writes a hook hears in the log of the program that its commands were refused, or that it failed. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import type * as Hook from "../../src/hook/Hook.ts"
import { flow, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

/** Collects warnings, with what they are annotated with. */
const listen = () => {
  const warnings: Array<readonly [message: string, annotations: unknown]> = []
  const logger = Logger.make<unknown, void>(({ fiber, logLevel, message }) => {
    if (logLevel !== "Warn") return
    warnings.push([String(message), fiber.getRef(References.CurrentLogAnnotations)])
  })
  return { warnings, layer: Logger.layer([logger]) }
}

const hookOf = (name: string, handle: () => unknown): Hook.Any<never> => ({
  name,
  on: ["NodeCompleted"],
  handle: handle as () => []
})

it.effect(
  "a command of a hook that is refused is warned of with its reason, and so is a hook that fails",
  () => {
    const { layer, warnings } = listen()
    const grower = hookOf("grower", () => [
      { _tag: "AddNode", node: { id: "a", action: "ok" } },
      { _tag: "AddNode", node: { id: "b", action: "ok", retry: { initial: 100 } } }
    ])
    const broken = hookOf("broken", () => {
      throw new TypeError("no such thing")
    })
    return Effect.gen(function* () {
      const engine = yield* TestEngine.open({ hooks: [grower, broken] })
      const log = yield* engine.runToEnd(flow([node("a ok")]), { id: "r1" })
      expect(log.at(-1)?.event._tag).toBe("RunCompleted")
      const numbers = log.flatMap(({ event, sequence }) =>
        event._tag === "CommandRejected" || event._tag === "HookFailed" ? [sequence] : []
      )
      expect(warnings).toEqual([
        [
          'AddNode of hook "grower" was refused in answer to event 4: a node "a" exists already',
          { run: "r1", "dagflow.sequence": numbers[0] }
        ],
        [
          expect.stringMatching(/^AddNode of hook "grower" was refused in answer to event 4: .*"initial"/s),
          { run: "r1", "dagflow.sequence": numbers[1] }
        ],
        [
          expect.stringMatching(/^hook "broken" failed at event 4: .*no such thing/),
          { run: "r1", "dagflow.sequence": numbers[2] }
        ]
      ])
    }).pipe(Effect.provide(layer))
  }
)

it.effect("a command of somebody who is told the answer is not warned of", () => {
  const { layer, warnings } = listen()
  return Effect.gen(function* () {
    const engine = yield* TestEngine.open()
    const run = yield* engine.start(flow([node("ask ask", [], { wait: {} })]), { id: "r1" })
    yield* run.outcome
    const refused = yield* Effect.flip(run.send({ _tag: "RetryNode", nodeId: "nobody" }))
    expect(refused.reason._tag).toBe("CommandRejected")
    expect(warnings).toEqual([])
  }).pipe(Effect.provide(layer))
})
