/*
 * Goal: a pipeline of DAGwood ends with the payload that its graph says, under every strategy, however much of it goes on at once, and
 * in whatever order its processors end.
 * Method: generated pipelines in DAGwood's own format are read from text and run by the engine with the standard actions, each of
 * which gives way to the others a random number of times. An evaluator that knows neither says what has to come of them.
 */
import { StandardActions } from "@dagflow/actions"
import { type Action, Actions, DagFlow } from "@dagflow/core"
import { MemoryStore } from "@dagflow/store-memory"
import { FlowYaml } from "@dagflow/yaml"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { expect, it } from "vitest"

/** Numbers below a bound that follow from a seed. */
type Below = (bound: number) => number

const below = (seed: number): Below => {
  let state = (seed * 2_654_435_761 + 1) % 4_294_967_296
  return (bound) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return Math.floor((state / 4_294_967_296) * bound)
  }
}

interface Processor {
  readonly id: string
  readonly processor: string
  readonly after: ReadonlyArray<string>
  readonly affix: readonly [prefix: string, suffix: string]
}

const kinds = [
  "change_text_case_upper",
  "change_text_case_lower",
  "change_text_case_proper",
  "reverse_text",
  "prefix_suffix_adder",
  "prefix_suffix_adder",
  "token_counter",
  "word_frequency_analyzer"
]

const generate = (dice: Below): ReadonlyArray<Processor> => {
  const pipeline: Array<Processor> = []
  for (let number = 0, count = 3 + dice(8); number < count; number++) {
    const id = `${"amz"[dice(3)]}${number}`
    const after = pipeline.flatMap((one) => (dice(5) < 2 ? [one.id] : []))
    const processor = kinds[dice(kinds.length)] ?? "reverse_text"
    pipeline.push({ id, processor, after, affix: [`<${id} `, dice(2) === 0 ? "" : ">"] })
  }
  return pipeline
}

/** The pipeline as a file of DAGwood, in a random order of its processors. */
const yamlOf = (pipeline: ReadonlyArray<Processor>, dice: Below): string => {
  const pick = (words: ReadonlyArray<string>) => words[dice(words.length)]
  const processors = pipeline.map(({ affix: [prefix, suffix], after, id, processor }) => {
    const options =
      processor === "prefix_suffix_adder" ? `, options: ${JSON.stringify({ prefix, suffix })}` : ""
    return `  - { id: ${id}, type: local, processor: ${processor}, depends_on: [${after.join(", ")}]${options} }`
  })
  for (let last = processors.length - 1; last > 0; last--) {
    const other = dice(last + 1)
    ;[processors[last], processors[other]] = [processors[other] ?? "", processors[last] ?? ""]
  }
  return `strategy: ${pick(["work_queue", "level", "reactive", "superstep"])}
failure_strategy: ${pick(["fail_fast", "continue_on_error", "best_effort"])}
executor_options: { max_concurrency: ${1 + dice(5)} }
processors:
${processors.join("\n")}
`
}

// -- the independent evaluator ------------------------------------------------------------------------------------------

const works: Readonly<Record<string, (text: string, { affix }: Processor) => string>> = {
  change_text_case_upper: (text) => text.toUpperCase(),
  change_text_case_lower: (text) => text.toLowerCase(),
  change_text_case_proper: (text) =>
    text
      .toLowerCase()
      .split(" ")
      .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
      .join(" "),
  reverse_text: (text) => text.split("").toReversed().join(""),
  prefix_suffix_adder: (text, { affix: [prefix, suffix] }) => prefix + text + suffix
}

const evaluate = (pipeline: ReadonlyArray<Processor>, input: string): string => {
  const find = (id: string): Processor => pipeline.find((one) => one.id === id) as Processor
  const before = (one: Processor): ReadonlyArray<Processor> =>
    one.after.map(find).flatMap((other) => [other, ...before(other)])
  const depth = (one: Processor): number => 1 + Math.max(0, ...one.after.map((id) => depth(find(id))))
  const text = (among: ReadonlyArray<Processor>): string => {
    const [from] = among
      .filter(({ processor }) => processor in works)
      .toSorted((a, b) => depth(b) - depth(a) || (a.id < b.id ? -1 : 1))
    return from === undefined ? input : (works[from.processor]?.(text(before(from)), from) ?? "")
  }
  return text(pipeline)
}

// -- the engine ---------------------------------------------------------------------------------------------------------

/** The standard actions, each of which lets others go first as often as chance says. */
const unhurried = (dice: Below): ReadonlyArray<Action.Any<never>> =>
  StandardActions.make().map((action) => ({
    ...action,
    run: (...given: Parameters<typeof action.run>) =>
      Effect.map(Effect.repeat(Effect.yieldNow, { times: dice(12) }), () => action.run(...given))
  })) as never

it("two hundred generated pipelines of DAGwood end as an independent evaluator says, each in five schedules", async () => {
  const order = below(7)
  const engine = DagFlow.layer().pipe(Layer.provide([MemoryStore.layer, Actions.layer(...unhurried(order))]))
  const results = new Set<string>()
  const check = Effect.gen(function* () {
    const dagflow = yield* DagFlow
    for (let seed = 0; seed < 200; seed++) {
      const dice = below(seed)
      const pipeline = generate(dice)
      const expected = evaluate(pipeline, "hello big World")
      for (let schedule = 0; schedule < 5; schedule++) {
        const text = yamlOf(pipeline, dice)
        const flow = yield* FlowYaml.parse(text)
        const run = yield* dagflow.start(flow, { input: { payload: "hello big World" } })
        const { payload, status } = yield* run.outcome
        expect({ payload, status }, `seed ${seed}\n${text}`).toEqual({
          payload: expected,
          status: "completed"
        })
      }
      results.add(expected)
    }
  })
  await Effect.runPromise(Effect.provide(check, engine))
  expect(results.size).toBeGreaterThan(120)
}, 60_000)
