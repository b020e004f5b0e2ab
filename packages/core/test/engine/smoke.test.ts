import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { story } from "../world/EventLine.ts"
import { flow, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

it.effect("runs", () =>
  Effect.gen(function* () {
    const engine = yield* TestEngine.open()
    const log = yield* engine.runToEnd(flow([node("a ok"), node("b ok", ["a"])]))
    expect(story(log)).toEqual(["a starts", "a completes", "b starts", "b completes"])
  })
)
