/** Mutations of what is recorded of a run: rows 1 to 17. */
import { edit, type Mutation, mutation } from "./Mutation.ts"

export const log: ReadonlyArray<Mutation> = [
  mutation(
    1,
    "a node starts beside the one that holds the only slot",
    edit(
      "core/src/decide/schedule.ts",
      "while (state.inFlight < state.config.maxParallel && frontier.size > 0) {",
      "while (state.inFlight <= state.config.maxParallel && frontier.size > 0) {"
    )
  ),
  mutation(
    2,
    "the outputs of an action are not recorded",
    edit(
      "core/src/decide/decideReport.ts",
      "attempt: node.attempt, outputs } as const\n const isBare",
      "attempt: node.attempt, outputs: {} } as const\n const isBare"
    )
  ),
  mutation(
    3,
    "a time-out is recorded as a throw",
    edit(
      "core/src/engine/Attempt.ts",
      '{ cause: "TimedOut", message: `the attempt took',
      '{ cause: "Thrown", message: `the attempt took'
    )
  ),
  mutation(
    4,
    "a skipped node does not say what caused it",
    edit("core/src/decide/schedule.ts", "causeNodeId !== undefined && { causeNodeId }", "false")
  ),
  mutation(
    5,
    "an added node loses its tries",
    edit(
      "core/src/decide/decideGrowth.ts",
      "return { ...rest, id: rest.id ?? generate(draft.action) }",
      "const { retry: _, ...kept } = rest\n return { ...kept, id: rest.id ?? generate(draft.action) }"
    )
  ),
  mutation(
    6,
    "nodes are added although one of them is refused",
    edit(
      "core/src/decide/decideGrowth.ts",
      "if (refused !== undefined) return refused",
      "if (refused !== undefined && specs.length === 1) return refused"
    )
  ),
  mutation(
    7,
    "nodes of a batch may only refer to those before them",
    edit(
      "core/src/decide/decideGrowth.ts",
      "if (state.byId.has(dependency) || batch.has(dependency)) continue",
      "if (state.byId.has(dependency) || specs.slice(0, specs.indexOf(spec)).some(({ id }) => id === dependency)) continue"
    )
  ),
  mutation(
    8,
    "inputs of a running node can be set",
    edit(
      "core/src/decide/decideCommand.ts",
      'return node.status === "pending" ? node :',
      'return node.status === "pending" || node.status === "running" ? node :'
    )
  ),
  mutation(
    9,
    "nodes of a paused branch start",
    edit("core/src/decide/schedule.ts", "return node.pausedBranches === 0", "return true")
  ),
  mutation(
    10,
    "events of the user are not recorded",
    edit(
      "core/src/decide/decideCommand.ts",
      'turn.record({ _tag: "EventEmitted", name, ...(payload !== undefined && { payload }) }, cause)',
      "void payload"
    )
  ),
  mutation(
    11,
    "every event has the epoch of the next owner",
    edit(
      "core/src/decide/Turn.ts",
      "sequence: state.sequence + 1, at, epoch, event }",
      "sequence: state.sequence + 1, at, epoch: epoch + 1, event }"
    )
  ),
  mutation(
    12,
    "an event may hold what JSON cannot",
    edit(
      "protocol/src/message/Event.ts",
      "payload: Schema.optionalKey(Schema.Json)",
      "payload: Schema.optional(Schema.Json)"
    )
  ),
  mutation(
    13,
    "the jitter of a retry is by chance",
    edit(
      "core/src/decide/decideReport.ts",
      'keyedRandom(state.seed, nodeId, attempt, "retry")',
      'keyedRandom(Math.random() * 1e9, nodeId, attempt, "retry")'
    )
  ),
  mutation(
    14,
    "a command that is sent again is carried out again",
    edit(
      "core/src/decide/decideCommand.ts",
      "if (known !== undefined) return tellKnown(turn, command, hash, known)",
      "if (known?.rejection !== undefined) return tellKnown(turn, command, hash, known)"
    )
  ),
  mutation(
    15,
    "a command for another run is carried out",
    edit(
      "core/src/decide/decideCommand.ts",
      "if (command.runId !== undefined && command.runId !== state.runId) {",
      'if (command.runId === "") {'
    )
  ),
  mutation(
    16,
    "a hook is asked about every event",
    edit(
      "core/src/engine/HookDesk.ts",
      "const handled = hook.on ?? Event.tags.filter((tag) => !edges.has(tag))",
      "const handled = Event.tags.filter((tag) => !edges.has(tag))"
    )
  ),
  mutation(
    17,
    "mail from other processes is answered and not carried out",
    edit(
      "core/src/engine/Coordinator.ts",
      "const result = decideProposed(this.#turn, proposed, source, this.#known)",
      "const result: CommandResult = mailId === undefined ? decideProposed(this.#turn, proposed, source, this.#known) : { sequence: 0, rejection: undefined, nodeIds: [] }"
    )
  )
]
