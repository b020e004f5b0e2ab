/** Mutations of the coordinator: rows 46 to 60. */
import { edit, type Mutation, mutation } from "./Mutation.ts"

export const coordinator: ReadonlyArray<Mutation> = [
  mutation(
    46,
    "a decision changes the state beside the log",
    edit(
      "core/src/decide/decideReport.ts",
      "const { node } = report\n if ((!node.inFlight",
      "const { node } = report\n turn.state.inFlightMax = 99\n if ((!node.inFlight"
    )
  ),
  mutation(
    47,
    "what finds the inbox full is lost",
    edit("core/src/engine/Inbox.ts", "this.#waiting.push(message)", "void message")
  ),
  mutation(
    48,
    "no attempt at once is allowed",
    edit(
      "protocol/src/definition/FlowConfig.ts",
      "maxParallel: whole(1, 10_000)",
      "maxParallel: whole(0, 10_000)"
    )
  ),
  mutation(
    48,
    "one attempt less than allowed goes on at once",
    edit(
      "core/src/decide/schedule.ts",
      "while (state.inFlight < state.config.maxParallel && frontier.size > 0) {",
      "while (state.inFlight < Math.max(1, state.config.maxParallel - 1) && frontier.size > 0) {"
    )
  ),
  mutation(
    49,
    "at most three nodes run together",
    edit(
      "core/src/decide/schedule.ts",
      "while (state.inFlight < state.config.maxParallel && frontier.size > 0) {",
      "while (state.inFlight < Math.min(3, state.config.maxParallel) && frontier.size > 0) {"
    )
  ),
  mutation(
    50,
    "the log says of an attempt that was given up that it had stopped",
    edit("core/src/decide/decideReport.ts", 'report.ignored ? "ignored" : "interrupted"', '"interrupted"')
  ),
  mutation(
    51,
    "a cancelled attempt counts as ended before its finaliser has run",
    edit(
      "core/src/engine/Attempt.ts",
      '"the attempt was cancelled")\n )\n this.#fiber?.interruptUnsafe()',
      '"the attempt was cancelled")\n )\n if (why === "cancel") this.#endStopped()\n this.#fiber?.interruptUnsafe()'
    )
  ),
  mutation(
    52,
    "a run ends while a hook may still add a node",
    edit("core/src/decide/finish.ts", "state.owed.size === 0 &&\n (frontier", "(frontier")
  ),
  mutation(
    53,
    "a stalled run does not list all the nodes that cannot start",
    edit(
      "core/src/decide/finish.ts",
      "nodeIds: stuck.map((node) => node.spec.id)",
      "nodeIds: stuck.slice(1).map((node) => node.spec.id)"
    )
  ),
  mutation(
    54,
    "an action that dies counts as interrupted",
    edit(
      "core/src/action/ErrorDescription.ts",
      'if (died !== undefined) return describe("Thrown", died.defect, hide)',
      "if (died !== undefined) return undefined"
    )
  ),
  mutation(
    55,
    "a slow hook is asked about the newest event first",
    edit(
      "core/src/engine/HookDesk.ts",
      "const sequence = this.#waiting.shift()",
      "const sequence = this.#waiting.pop()"
    )
  ),
  mutation(
    56,
    "of nodes that fail together only one is listed",
    edit("protocol/src/state/evolveNode.ts", "state.failures.push(node)", "state.failures[0] ??= node")
  ),
  mutation(
    57,
    "nodes start in the order of the definition",
    edit(
      "protocol/src/definition/FlowGraph.ts",
      "graph.ids.map((_, index) => index).sort((a, b) => compare(graph.ids[a], graph.ids[b]))",
      "graph.ids.map((_, index) => index)"
    )
  ),
  mutation(
    58,
    "the action of an attempt runs twice",
    edit(
      "core/src/engine/Coordinator.ts",
      "return this.#attempts.start(event.nodeId)",
      "this.#attempts.start(event.nodeId)\n return this.#attempts.start(event.nodeId)"
    )
  ),
  mutation(
    59,
    "each start looks at every node",
    edit(
      "core/src/decide/schedule.ts",
      "const started = {",
      'if (turn.state.nodes.every((one) => one.spec.id === "")) return\n const nodes = turn.state.nodes.filter((one) => one.index < 0)\n if (nodes.length > 0) return\n const started = {'
    )
  ),
  mutation(
    60,
    "runs share the nodes by their ids",
    edit("protocol/src/state/emptyRunState.ts", "byId: new Map(),", "byId: shared,"),
    edit(
      "protocol/src/state/emptyRunState.ts",
      "export const emptyRunState =",
      'const shared: RunState["byId"] = new Map()\n export const emptyRunState ='
    )
  )
]
