import * as Effect from "effect/Effect"
import { Action, type ActionContext, NodeOutput } from "../../src/index.ts"
import { listOf, nameOf } from "./oracle/ModelVisits.ts"
import { plainScript } from "./scenario/Scripts.ts"
import type { Outcome, Scenario } from "./scenario/Scenario.ts"
import type { Execution } from "./Witness.ts"
import type { Witnesses } from "./Witnesses.ts"
import type { VirtualProcess } from "./world/VirtualProcess.ts"

/** What simulated actions have to know of the world that they are in. */
export interface ActionWorld {
  readonly scenario: Scenario
  readonly process: VirtualProcess
  readonly witnesses: Witnesses
}

class Flaky extends Error {
  readonly _tag = "Flaky"
  override readonly stack = ""
}

class Hopeless extends Error {
  readonly _tag = "Hopeless"
  override readonly stack = ""
  readonly isRetryable = false
}

/** A node that is started again and again succeeds in the end, so that no schedule goes on for ever. */
const failuresMax = 8

const outcomeOf = (
  { scenario, witnesses }: Pick<ActionWorld, "scenario" | "witnesses">,
  { nodeId, runId }: Pick<ActionContext.ActionContext, "nodeId" | "runId">,
  isHandler: boolean
): Outcome => {
  const script = scenario.scripts[listOf(nodeId)] ?? plainScript
  if (isHandler) return script.handler
  const failures = witnesses.failuresOf(runId, nodeId)
  const planned = script.action[Math.min(failures, script.action.length - 1)]
  return failures >= failuresMax || planned === undefined
    ? { kind: "succeeds", afterMillis: 1, form: "effect" }
    : planned
}

/** What a child run gave are the outputs of one of its nodes. */
const valuesIn = (value: unknown): ReadonlyArray<unknown> =>
  typeof value === "object" && value !== null ? Object.values(value) : [value]

/** What an execution gives: a function of the node and of its inputs, whatever attempt it is. */
const outputsFor = (
  { input, nodeId, role }: Execution,
  isLong: boolean
): Readonly<Record<string, unknown>> => {
  // A failure handler is told how many attempts there were, and lost ones are among them.
  const given = role === "handler" ? [] : Object.values(input).flat().flatMap(valuesIn)
  const numbers = given.filter((value) => typeof value === "number")
  const sum = numbers.reduce((total, one) => (total * 31 + one) % 1_000_003, nodeId.length)
  return { sum, by: `${nodeId} ${role}`, ...(isLong && { text: "long ".repeat(80) }) }
}

/** What an execution says that it has used up: less than was expected, more, only some of it, or nothing. */
const usageOf = ({ attempt, nodeId }: Execution): NodeOutput.Usage | undefined => {
  const first = nodeId.codePointAt(0) ?? 0
  return [undefined, { tokens: 1 }, { tokens: 9, cost: 2 }, { cost: 0.1 }][(first + attempt) % 4]
}

/** What a node writes: the same whatever attempt it is. */
const updateFor = (
  nodeId: string,
  writes: ReadonlyArray<string>
): Readonly<Record<string, unknown>> | undefined => {
  if (writes.length === 0) return undefined
  const values: Readonly<Record<string, unknown>> = {
    log: nodeId.length % 2 === 0 ? nodeId : [nodeId, "and more"],
    cost: nodeId.length,
    facts: { [nodeId.slice(0, 1)]: nodeId.endsWith("3") ? null : nodeId, all: 1 }
  }
  return Object.fromEntries(writes.map((name) => [name, values[name] ?? nodeId]))
}

/** What a node does besides giving outputs. */
interface Written {
  readonly writes: ReadonlyArray<string>
  readonly goto: ReadonlyArray<NodeOutput.Goto> | undefined
}

/** The same whatever attempt it is; where it leads depends on how often it has been visited. */
const writtenBy = ({ leads, writes }: Scenario, nodeId: string): Written => {
  const name = nameOf(nodeId)
  const visit = Number(/#(\d+)/.exec(nodeId)?.[1] ?? 1)
  return { writes: writes[name] ?? [], goto: leads[name]?.[visit - 1] }
}

type Ending =
  | { readonly _tag: "Value"; readonly value: unknown }
  | { readonly _tag: "Error"; readonly error: unknown }

/** What every simulated wait asks for. */
const answerSchema = { type: "object", properties: { sum: { type: "number" } }, required: ["sum"] }

const waitFor = ({ onTimeout, timeoutMillis }: Outcome): unknown => {
  const asked = { schema: answerSchema, prompt: "How much?" }
  if (timeoutMillis === undefined) return NodeOutput.wait(asked)
  return onTimeout === "autopilot"
    ? NodeOutput.wait<{ sum: number }>({ ...asked, timeout: timeoutMillis, onTimeout, default: { sum: -1 } })
    : NodeOutput.wait({ ...asked, timeout: timeoutMillis, ...(onTimeout !== undefined && { onTimeout }) })
}

/** What an execution comes to, for kinds that end by themselves and without dying. */
const endingOf = (outcome: Outcome, execution: Execution, { goto, writes }: Written): Ending => {
  const succeed = (isLong: boolean): Ending => {
    const outputs = outputsFor(execution, isLong)
    execution.outputs = outputs
    const usage = usageOf(execution)
    const update = updateFor(execution.nodeId, writes)
    const options = { ...(usage && { usage }), ...(update && { update }), ...(goto && { goto }) }
    const isPlain = Object.keys(options).length === 0
    return { _tag: "Value", value: isPlain ? outputs : NodeOutput.make(outputs, options) }
  }
  switch (outcome.kind) {
    case "fails":
    case "fails_stubbornly":
      return { _tag: "Error", error: new Flaky("it is flaky") }
    case "fails_for_good":
      return { _tag: "Error", error: new Hopeless("it is of no use") }
    case "throws":
      return { _tag: "Error", error: new TypeError("it throws") }
    case "reports_failure":
      return { _tag: "Value", value: NodeOutput.failure("it did not work out", { usage: { tokens: 2 } }) }
    case "returns_nonsense":
      return { _tag: "Value", value: { sum: Number.NaN } }
    case "waits":
      return { _tag: "Value", value: waitFor(outcome) }
    case "sleeps":
      execution.outputs = outputsFor(execution, false)
      return {
        _tag: "Value",
        value: NodeOutput.sleep({ timeout: outcome.timeoutMillis ?? 0 }, execution.outputs)
      }
    case "succeeds_at_length":
      return succeed(true)
    default:
      return succeed(false)
  }
}

const asEffect = (
  outcome: Outcome,
  execution: Execution,
  written: Written
): Effect.Effect<unknown, unknown> => {
  const { afterMillis, kind } = outcome
  if (kind === "hangs") return Effect.never
  const end = Effect.suspend(() => {
    if (kind === "dies") return Effect.die(new RangeError("it dies"))
    const ending = endingOf(outcome, execution, written)
    if (ending._tag === "Value") return Effect.succeed(ending.value)
    return kind === "throws" ? Effect.die(ending.error) : Effect.fail(ending.error)
  })
  const whole = afterMillis === 0 ? end : Effect.andThen(Effect.sleep(afterMillis), end)
  const isStubborn = kind === "is_stubborn" || kind === "fails_stubbornly"
  return isStubborn ? Effect.uninterruptible(whole) : whole
}

/** Something that can be waited for like a promise, and whose time is that of the simulated world. */
const asThenable = (
  process: VirtualProcess,
  outcome: Outcome,
  execution: Execution,
  written: Written
): PromiseLike<unknown> => ({
  // oxlint-disable-next-line unicorn/no-thenable -- a promise of the language would settle outside of the simulated time.
  then: ((onValue: (value: unknown) => void, onError: (error: unknown) => void) => {
    process.world.sleep(process, process.world.nowMillis + outcome.afterMillis, () => {
      const ending = endingOf(outcome, execution, written)
      if (ending._tag === "Value") onValue(ending.value)
      else onError(ending.error)
    })
  }) as PromiseLike<unknown>["then"]
})

const perform = (
  process: VirtualProcess,
  outcome: Outcome,
  execution: Execution,
  written: Written
): unknown => {
  if (outcome.form === "effect") return asEffect(outcome, execution, written)
  if (outcome.form === "thenable") return asThenable(process, outcome, execution, written)
  const ending = endingOf(outcome, execution, written)
  if (ending._tag === "Value") return ending.value
  throw ending.error
}

/** The actions of a simulated process. What they do is what the schedule says. */
export const simulatedActions = (world: ActionWorld): ReadonlyArray<Action.Any<never>> => {
  const { process, scenario, witnesses } = world
  const run = (input: Readonly<Record<string, unknown>>, context: ActionContext.ActionContext): unknown => {
    const seen = witnesses.get(context.runId)
    // The code of a process that has just been killed does nothing more.
    if (seen === undefined || process.state === "dead") return Effect.never
    const role = context.failed === undefined ? "action" : "handler"
    const { attempt, nodeId } = context
    const execution = seen.begin(process, { nodeId, attempt, role, input })
    const outcome = outcomeOf(world, context, role === "handler")
    return perform(process, outcome, execution, writtenBy(scenario, nodeId))
  }
  const estimates = { work: undefined, toil: { tokens: 3 }, rescue: { cost: 1 } } as const
  return Object.entries(estimates).map(
    ([name, estimate]) => Action.fn(name, run as never, estimate && { estimate }) as Action.Any<never>
  )
}
