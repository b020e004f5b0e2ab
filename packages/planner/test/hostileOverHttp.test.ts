/*
 * Goal: what is refused of a model is refused as well when it comes over the wire, in pieces. Method: a server that sends the worst, to
 * a planner whose one tool notes that it ran.
 */
import { afterEach, describe, expect, it } from "@effect/vitest"
import { Action } from "@dagflow/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { OpenAiCompatible, Planner } from "../src/index.ts"
import * as Chat from "./ChatServer.ts"
import { ways } from "./ways.ts"
import { converse, nodeOf } from "./world.ts"

const noted: Array<unknown> = []

const note = Action.make("note", {
  input: Schema.Struct({ text: Schema.String }),
  output: Schema.Struct({}),
  run: (input) => {
    noted.push(input)
    return {}
  }
})

const agent = Planner.make({ name: "agent", tools: [note] })

let server: Chat.Server | undefined

afterEach(async () => {
  noted.length = 0
  await server?.close()
  server = undefined
})

const serve = (...answers: ReadonlyArray<Chat.Answer>) =>
  Effect.map(
    Effect.promise(() => Chat.start(...answers)),
    (started) => {
      server = started
      return started
    }
  )

const call = (index: number, json: string, name = "note") =>
  Chat.delta({
    tool_calls: [{ index, id: `c${index}`, type: "function", function: { name, arguments: json } }]
  })

const more = (text: string) => Chat.delta({ tool_calls: [{ index: 0, function: { arguments: text } }] })

const end = [Chat.delta({}, "tool_calls"), Chat.usage(1, 1), "[DONE]"] as const

const worst: ReadonlyArray<readonly [what: string, chunks: ReadonlyArray<object | "[DONE]">, told: string]> =
  [
    [
      "10,000 calls",
      [...Array.from({ length: 10_000 }, (_, at) => call(at, '{"text":"x"}')), ...end],
      "was refused"
    ],
    [
      "megabytes of arguments in pieces",
      [
        call(0, '{"text":"'),
        ...Array.from({ length: 400 }, () => more("x".repeat(10_000))),
        more('"}'),
        ...end
      ],
      "was refused"
    ],
    ["half a character", [call(0, '{"text":"\\ud83d"}'), ...end], "was refused"],
    ["arguments that are half a JSON text", [call(0, '{"text":"x'), ...end], "InvalidInput"],
    ["a key that sets a prototype", [call(0, '{"text":"x","__proto__":{"a":1}}'), ...end], "note"],
    ["an action off the list", [call(0, "{}", "wipe_disk"), ...end], "UnknownAction"]
  ]

describe.each(ways)("a hostile model through %s", (_, reach) => {
  it.live.each(worst)("has nothing carried out of %s, and is told", ([, chunks, told]) =>
    Effect.gen(function* () {
      const { asked, url } = yield* serve(Chat.events(chunks), Chat.words("I see."))
      const report = yield* converse(agent, reach(url, "m"))
      expect(report.status).toBe("completed")
      expect(noted).toEqual([])
      expect(nodeOf(report, "agent_2").outputs).toMatchObject({ text: "I see." })
      expect(JSON.stringify(asked[1]?.body.messages.at(-1))).toContain(told)
      expect(report.nodes.filter(({ action }) => action === "note")).toEqual([])
    })
  )
})

describe("a response without end", () => {
  const large = JSON.stringify({ choices: [{ message: { content: "x".repeat(200_000) } }] })

  const forms: ReadonlyArray<readonly [how: string, answer: Chat.Answer]> = [
    ["as one text", Chat.status(200, large)],
    ["as events", Chat.events([{ choices: [{ delta: { content: "x".repeat(200_000) } }] }])]
  ]

  it.live.each(forms)("is read as far as the limit goes: %s", ([, answer]) =>
    Effect.gen(function* () {
      const { asked, url } = yield* serve(answer)
      const model = OpenAiCompatible.layer({ url, model: "m", responseBytesMax: 100_000 })
      const report = yield* converse(agent, model)
      expect(report.status).toBe("failed")
      expect(nodeOf(report, "agent").error?.message).toContain("larger than 100000 bytes")
      expect(asked).toHaveLength(1)
    })
  )
})
