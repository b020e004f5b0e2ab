/** Mutations of nodes, actions and their registry: rows 18 to 32. */
import { edit, type Mutation, mutation } from "./Mutation.ts"

export const nodes: ReadonlyArray<Mutation> = [
  mutation(
    18,
    "the recovery of a node is not in its definition",
    edit(
      "core/src/plan/internal/settledFlow.ts",
      "const { dependencies: _, ...rest } = withSettledFlow(withOwnValues(node))",
      "const { dependencies: _, recovery: _recovery, ...rest } = withSettledFlow(withOwnValues(node))"
    )
  ),
  mutation(
    19,
    "generated ids are counted anew in each growth",
    edit(
      "core/src/decide/decideGrowth.ts",
      "last.get(action) ?? state.generated.get(action) ?? 0",
      "last.get(action) ?? 0"
    )
  ),
  mutation(
    20,
    "actions can add nodes",
    edit(
      "core/src/engine/AttemptContext.ts",
      "get runId(): string {",
      "get addNode(): () => void {\n return () => undefined\n }\n get runId(): string {"
    )
  ),
  mutation(
    21,
    "an action is told the wrong attempt",
    edit(
      "core/src/engine/AttemptContext.ts",
      "this.attempt = node.attempt",
      "this.attempt = node.attempt + 1"
    )
  ),
  mutation(
    22,
    "null does not count as left out",
    edit("core/src/action/compiledAction.ts", "decode(withoutNulls(value))", "decode(value)")
  ),
  mutation(
    23,
    "an output that is marked unsuccessful is a success",
    edit(
      "core/src/engine/Attempt.ts",
      "else if (output.failure === undefined) this.#complete(output)",
      "else if (output.wait === undefined) this.#complete(output)"
    )
  ),
  mutation(
    24,
    "the message of a reported failure is lost",
    edit("core/src/engine/readOutput.ts", "failure: `${failure}${lost}`", "failure: `it failed${lost}`")
  ),
  mutation(
    25,
    "outputs are not held to their schema",
    edit(
      "core/src/engine/readOutput.ts",
      "return Result.flatMap(encode.convert(value), readEncoded)",
      "return readEncoded(value)"
    )
  ),
  mutation(
    25,
    "the action runs before its inputs are looked at",
    edit(
      "core/src/engine/Attempt.ts",
      "const decoded = this.#decode(action, values)",
      "attempted(() => action.action.run(values as never, new AttemptContext(this.#host.state, this.node, this)))\n const decoded = this.#decode(action, values)"
    )
  ),
  mutation(
    26,
    "a second action of one name takes the place of the first",
    edit(
      "core/src/action/Actions.ts",
      "if (taken.has(action.name) && !replaces)",
      "if (taken.has(action.name) && replaces && false)"
    )
  ),
  mutation(
    27,
    "a promise is not waited for",
    edit(
      "core/src/engine/Attempt.ts",
      "if (value instanceof Promise) return this.#awaitPromise(action, value)",
      "if (value instanceof Promise) return this.#settle(action, value)"
    )
  ),
  mutation(
    28,
    "a node with an unknown action is added",
    edit(
      "core/src/decide/decideGrowth.ts",
      "if (action !== undefined && !actions.has(action)) {",
      'if (action === "") {'
    )
  ),
  mutation(
    28,
    "a flow with an unknown action is started",
    edit(
      "protocol/src/definition/internal/nodeProblems.ts",
      "if (name === undefined || names.has(name)) return []",
      'if (name !== "") return []'
    )
  ),
  mutation(
    29,
    "a flow may have an id twice",
    edit(
      "protocol/src/definition/internal/nodeProblems.ts",
      "if (graph.indexOf.get(id) === index) return []",
      "if (graph.indexOf.has(id)) return []"
    )
  ),
  mutation(
    30,
    "an unknown dependency of an added node is taken for another mistake",
    edit(
      "core/src/decide/decideGrowth.ts",
      'return { _tag: "UnknownDependency", nodeId: spec.id, dependency, ...hint }',
      'return { _tag: "UnknownDependency", nodeId: spec.id, dependency: "", ...hint }'
    )
  ),
  mutation(
    31,
    "the path of a cycle is not closed",
    edit(
      "core/src/decide/decideGrowth.ts",
      "path: [...ids.slice(ids.indexOf(dependency.id)), dependency.id]",
      "path: ids.slice(ids.indexOf(dependency.id))"
    )
  ),
  mutation(
    31,
    "the cycle of a flow begins anywhere",
    edit(
      "protocol/src/definition/internal/cycleProblems.ts",
      "const ids = cycle.map(",
      "const ids = cycle.toReversed().map("
    )
  ),
  mutation(
    32,
    "actions do not get their services",
    edit(
      "core/src/action/Action.ts",
      "? Effect.provideContext(returned as Effect.Effect<unknown, E, R>, services)",
      "? returned"
    )
  )
]
