/** What an action returned, as the log can keep it. */
import type { Event } from "@dagflow/protocol"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import type { CompiledAction } from "../action/compiledAction.ts"
import { frozenJson } from "../action/frozenJson.ts"
import * as NodeOutput from "../action/NodeOutput.ts"
import { hasStub } from "./artifact.ts"
import { type ReadWait, readWait } from "./readWait.ts"

/** What an action returned: outputs, its own word that it did not succeed, or what its node is to wait for. */
export interface ReadOutput {
  readonly outputs: Event.Outputs
  /** Roughly the length of outputs and metadata as JSON text. */
  readonly size: number
  readonly metadata: Readonly<Record<string, Schema.Json>> | undefined
  readonly usage: Event.Usage | undefined
  readonly failure: string | undefined
  /** What it writes to channels, by name. */
  readonly updates: Readonly<Record<string, Schema.Json>> | undefined
  /** Where it leads. */
  readonly routes: Event.Routes | undefined
  /** What the node is to wait for; its outputs come with the end of the wait. */
  readonly wait: ReadWait | undefined
}

interface Values {
  readonly value: Event.Outputs
  readonly size: number
}

type Read<A> = Result.Result<A, string>

const nothing: Values = { value: {}, size: 0 }

const readUsage = (usage: NodeOutput.NodeOutput<unknown>["usage"]): Read<Event.Usage | undefined> => {
  if (usage === undefined) return Result.succeed(undefined)
  const read: Record<string, number> = {}
  for (const [name, amount] of Object.entries(usage)) {
    if (amount === undefined) continue
    if (!Number.isFinite(amount) || amount < 0)
      return Result.fail(`usage "${name}" is ${String(amount)}, which is no amount`)
    read[name] = amount
  }
  return Result.succeed(read)
}

const byName = (json: Schema.Json): json is Event.Outputs =>
  typeof json === "object" && json !== null && !Array.isArray(json)

const readValues = (value: unknown, what: string): Read<Values> => {
  const frozen = frozenJson(value, "")
  if (Result.isFailure(frozen)) return Result.fail(frozen.failure)
  return byName(frozen.success.value)
    ? (frozen as Read<Values>)
    : Result.fail(`an action returns its ${what} by name, as an object`)
}

const readFailure = (output: NodeOutput.NodeOutput<unknown>, failure: string): Read<ReadOutput> => {
  const usage = readUsage(output.usage)
  const lost = Result.isFailure(usage) ? ` (${usage.failure})` : ""
  return Result.succeed({
    outputs: {},
    size: 0,
    metadata: undefined,
    usage: Result.getOrUndefined(usage),
    failure: `${failure}${lost}`,
    updates: undefined,
    routes: undefined,
    wait: undefined
  })
}

const onlyOutputs = ({ size, value }: Values): ReadOutput => ({
  outputs: value,
  size,
  metadata: undefined,
  usage: undefined,
  failure: undefined,
  updates: undefined,
  routes: undefined,
  wait: undefined
})

const readEncoded = (value: unknown): Read<Values> => {
  const read = readValues(value, "outputs")
  return Result.isSuccess(read) && hasStub(read.success.value)
    ? Result.fail(`an output has a member "$artifact", which the log keeps for large outputs`)
    : read
}

const readPlain = ({ encode }: CompiledAction, value: unknown): Read<Values> => {
  if (encode === undefined) return readEncoded(value ?? {})
  if (encode.isPlain !== undefined) {
    // What is looked at is the copy: whoever returned the value can change it no more, nor answer twice in two ways.
    const read = readEncoded(value)
    if (Result.isSuccess(read) && encode.isPlain(read.success.value)) return read
  }
  return Result.flatMap(encode.convert(value), readEncoded)
}

/**
 * Reads what an action returned, or says why the log cannot hold it. Reading may run code of the user's, such as getters
 * and encoders, and throws what that throws.
 */
export const readOutput = (action: CompiledAction, returned: unknown): Read<ReadOutput> => {
  if (!NodeOutput.isNodeOutput(returned)) {
    const read = readPlain(action, returned)
    return Result.isSuccess(read) ? Result.succeed(onlyOutputs(read.success)) : Result.fail(read.failure)
  }
  if (returned.failure !== undefined) return readFailure(returned, returned.failure)
  return Result.gen(function* () {
    const wait = returned.wait === undefined ? undefined : yield* readWait(action, returned.wait)
    const outputs = wait === undefined ? yield* readPlain(action, returned.outputs) : nothing
    const metadata = yield* readValues(returned.metadata ?? {}, "metadata")
    const usage = yield* readUsage(returned.usage)
    const updates = returned.updates === undefined ? nothing : yield* readValues(returned.updates, "updates")
    return {
      outputs: outputs.value,
      size: outputs.size + metadata.size + updates.size,
      metadata: returned.metadata && metadata.value,
      usage,
      failure: undefined,
      updates: returned.updates && updates.value,
      routes: returned.routes,
      wait
    }
  })
}

/** Whether an output that is neither a failure nor a wait lacks the payload that a transform has to give. */
export const isWithoutPayload = ({ failure, outputs, wait }: ReadOutput): boolean =>
  failure === undefined && wait === undefined && !("payload" in outputs)
