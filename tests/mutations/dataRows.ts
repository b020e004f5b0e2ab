/** Mutations of data: references, channels, payloads, large outputs: rows 91 to 112. */
import { edit, type Mutation, mutation } from "./Mutation.ts"

export const data: ReadonlyArray<Mutation> = [
  mutation(
    91,
    "an output hides the input of its name",
    edit(
      "core/src/engine/resolveInputs.ts",
      "return bindValue(state.inputs[name], path, binding, slot)",
      "return bindValue((state.nodes.find((one) => one.outputs?.[name] !== undefined)?.outputs ?? state.inputs)[name], path, binding, slot)"
    )
  ),
  mutation(
    92,
    "a value that is null, false, 0 or empty counts as missing",
    edit("core/src/engine/resolveInputs.ts", "value === undefined ? standIn : value", "value || standIn")
  ),
  mutation(
    93,
    "a reference that leads nowhere gives null",
    edit(
      "core/src/engine/resolveInputs.ts",
      "if (value === undefined) return missing(binding)\n slot.put(sharedJson(value))",
      "slot.put(sharedJson(value ?? null))"
    )
  ),
  mutation(
    94,
    "a node may refer to any other one",
    edit(
      "protocol/src/definition/internal/referenceProblems.ts",
      "if (answers[index] === true) return",
      "if (index >= 0) return"
    )
  ),
  mutation(
    95,
    "what an action gives reaches nobody, only its metadata does",
    edit(
      "core/src/engine/resolveInputs.ts",
      "? bindOutput(source?.outputs?.[output], path, binding, slot, into)",
      "? bindOutput(source?.metadata?.[output], path, binding, slot, into)"
    )
  ),
  mutation(
    96,
    "what comes after an export lacks its first event",
    edit(
      "core/src/engine/archiveRun.ts",
      "yield* store.readAll(runId, after, (envelope)",
      "yield* store.readAll(runId, after + 1, (envelope)"
    )
  ),
  mutation(
    96,
    "an imported run does not have its large outputs",
    edit(
      "core/src/engine/archiveRun.ts",
      "Object.keys(artifacts).length > 0 &&",
      "Object.keys(artifacts).length < 0 &&"
    )
  ),
  mutation(
    97,
    "appending to a scalar forgets it",
    edit(
      "protocol/src/definition/Reducer.ts",
      "return Array.isArray(value) ? value : [value]",
      "return Array.isArray(value) ? value : []"
    )
  ),
  mutation(
    98,
    "cached outputs are used a millisecond too long",
    edit(
      "core/src/engine/outputCache.ts",
      "found.atMillis + ttlMillis <= nowMillis",
      "found.atMillis + ttlMillis < nowMillis"
    ),
    edit(
      "core/src/engine/outputCache.ts",
      "ttlMillis === undefined ? undefined : atMillis + ttlMillis",
      "ttlMillis === undefined ? undefined : atMillis + ttlMillis + 1"
    )
  ),
  mutation(
    98,
    "another version of an action uses outputs of the first",
    edit("core/src/engine/outputCache.ts", "version: action.version ?? null,", "")
  ),
  mutation(
    99,
    "the version of a channel rises with every write",
    edit(
      "protocol/src/state/ChannelState.ts",
      "isEqualJson(channel.value, value) ? channel : {",
      "channel.version < 0 ? channel : {"
    )
  ),
  mutation(
    99,
    "the version of a channel has no end",
    edit(
      "protocol/src/state/ChannelState.ts",
      "Math.min(channel.version + 1, versionMax)",
      "channel.version + 1"
    )
  ),
  mutation(
    100,
    "what a reducer of the user's made is not in the log",
    edit(
      "core/src/decide/strategy/stepEnd.ts",
      "if (isOwn && value !== undefined) values[name] = value",
      "if (isOwn && value === undefined) values[name] = null"
    )
  ),
  mutation(
    101,
    "merging null does not delete",
    edit(
      "protocol/src/definition/Reducer.ts",
      "if (member === null) members.delete(name)",
      "if (member === null) members.set(name, null)"
    )
  ),
  mutation(
    102,
    "a reducer that nobody has registered is no mistake",
    edit(
      "core/src/plan/internal/channelProblems.ts",
      "if (Reducer.find(reducer) !== undefined || reducers.has(reducer)) return []",
      'if (reducer !== "") return []'
    )
  ),
  mutation(
    103,
    "updates are merged in the order in which nodes ended",
    edit(
      "protocol/src/state/StepState.ts",
      "return [...ended].sort((a, b) => rank(a) - rank(b) || a.index - b.index)",
      "return [...ended].sort((a, b) => rank(a) * 0 - rank(b) * 0)"
    )
  ),
  mutation(
    104,
    "two writers are no conflict",
    edit(
      "protocol/src/state/ChannelState.ts",
      "if (written.length > 1) conflicts.push(",
      "if (written.length > 2) conflicts.push("
    )
  ),
  mutation(
    105,
    "what a node writes is there at once",
    edit(
      "protocol/src/state/evolveNode.ts",
      "node.written = { updates: event.updates, routes: event.routes }",
      "node.written = { updates: event.updates, routes: event.routes }\n for (const [name, value] of Object.entries(event.updates ?? {})) {\n const channel = state.channels.get(name)\n if (channel !== undefined) state.channels.set(name, { ...channel, value })\n }"
    )
  ),
  mutation(
    106,
    "a channel can be set to a value of any type",
    edit("core/src/decide/setChannel.ts", "if (problem !== undefined) {", 'if (problem === "") {')
  ),
  mutation(
    107,
    "channels of a run live on in the next one",
    edit("core/src/engine/continueRun.ts", 'scope === "run"', "scope === undefined")
  ),
  mutation(
    108,
    "an analysis changes the payload",
    edit(
      "protocol/src/state/payload.ts",
      'spec.intent === "transform" && status',
      "spec.intent !== undefined && status"
    )
  ),
  mutation(
    109,
    "of equally deep transforms the last one counts",
    edit("protocol/src/state/payload.ts", "return a.spec.id < b.spec.id ? a : b", "return b")
  ),
  mutation(
    109,
    "the payload is that of the nearest transform in the list",
    edit(
      "protocol/src/state/payload.ts",
      "if (a.payload.depth !== b.payload.depth) return a.payload.depth > b.payload.depth ? a : b",
      ""
    )
  ),
  mutation(
    110,
    "the payload is not in the report",
    edit("protocol/src/view/RunReport.ts", "payload: Payload.ofRun(state),", "payload: undefined,")
  ),
  mutation(
    111,
    "the metadata of a node is not kept",
    edit(
      "protocol/src/state/evolveNode.ts",
      "node.metadata = event.metadata ?? attempt?.wait?.opened.metadata",
      "node.metadata = attempt?.wait?.opened.metadata"
    )
  ),
  mutation(
    112,
    "equal large outputs are stored once for each name",
    edit(
      "core/src/engine/artifact.ts",
      "const hash = ContentHash.ofText(text)",
      "const hash = ContentHash.ofText(`${name}${text}`)"
    )
  )
]
