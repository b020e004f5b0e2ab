/** Mutations of definitions, their files and their checks: rows 125 to 137. */
import { edit, type Mutation, mutation } from "./Mutation.ts"

export const definitions: ReadonlyArray<Mutation> = [
  mutation(
    125,
    "files of a folder that end in yml are not read",
    edit("yaml/src/FlowYaml.ts", "/^[^._].*\\.ya?ml$/", "/^[^._].*\\.yml$/")
  ),
  mutation(
    126,
    "the linear waits of Dagger grow",
    edit(
      "yaml/src/internal/readRetry.ts",
      'variant.name === "Linear" ? "fixed" : "exponential", jitter: 0 }',
      '"exponential", jitter: 0 }'
    )
  ),
  mutation(
    126,
    "Dagger's parallel execution cannot be switched off",
    edit(
      "yaml/src/internal/readConfig.ts",
      "return isParallel ? config : { ...config, maxParallel: 1 }",
      "return config"
    )
  ),
  mutation(
    127,
    "an analysis of DAGwood is read as a transform",
    edit("yaml/src/internal/readDagwood.ts", "node.intent = processor.intent", 'node.intent = "transform"')
  ),
  mutation(
    128,
    "unknown keys are not reported",
    edit(
      "yaml/src/internal/mapReader.ts",
      "if (!allowed.known.has(name)) reportUnknown(at, allowed, name, key)",
      "if (!allowed.known.has(name)) void [reportUnknown, key]"
    )
  ),
  mutation(
    129,
    "only the first mistake is told",
    edit(
      "yaml/src/internal/findings.ts",
      "if (findings.found.has(key)) return",
      "if (findings.found.size > 0) return"
    )
  ),
  mutation(
    129,
    "mistakes are told in any order",
    edit(
      "yaml/src/internal/findings.ts",
      "rank(a) - rank(b) || a.from - b.from",
      "rank(a) - rank(b) || b.from - a.from"
    )
  ),
  mutation(
    130,
    "nodes behind a cycle are not warned of",
    edit(
      "protocol/src/definition/internal/cycleProblems.ts",
      "if (planned.has(index) || onCycle.has(index)) return []",
      "if (index >= 0) return []"
    )
  ),
  mutation(
    130,
    "nodes whose ways all lead into a cycle are not warned of",
    edit(
      "protocol/src/definition/internal/cycleProblems.ts",
      "if (reaching.has(index) || onCycle.has(index)) return []",
      "if (index >= 0) return []"
    )
  ),
  mutation(
    131,
    "races are not warned of where a node reads",
    edit(
      "protocol/src/definition/internal/payloadProblems.ts",
      "|| found.ids.length < 2) continue",
      ") continue\n if (found.ids.length > 0) continue"
    )
  ),
  mutation(
    131,
    "every diamond is warned of",
    edit(
      "protocol/src/definition/internal/payloadProblems.ts",
      "if (a.depth !== b.depth) return a.depth > b.depth ? a : b",
      "if (a.depth === 0 || b.depth === 0) return a.depth > b.depth ? a : b"
    )
  ),
  mutation(
    132,
    "a part of a tag is enough",
    edit(
      "yaml/src/FlowCatalog.ts",
      "return tags.every((tag) => own.has(tag))",
      "return tags.every((tag) => [...own].some((one) => one.includes(tag)))"
    )
  ),
  mutation(
    132,
    "one of several tags is enough",
    edit(
      "yaml/src/FlowCatalog.ts",
      "return tags.every((tag) => own.has(tag))",
      "return tags.some((tag) => own.has(tag))"
    )
  ),
  mutation(
    133,
    "a hook may have no time at all",
    edit(
      "protocol/src/definition/FlowConfig.ts",
      "hookTimeoutMillis: whole(1, timeoutMillisMax)",
      "hookTimeoutMillis: whole(0, timeoutMillisMax)"
    )
  ),
  mutation(
    134,
    "the flow wins over the run",
    edit(
      "protocol/src/definition/FlowConfig.ts",
      "...defaults,\n ...flow,\n ...run,",
      "...defaults,\n ...run,\n ...flow,"
    )
  ),
  mutation(
    135,
    "levels are in the order of the definition",
    edit(
      "protocol/src/definition/FlowGraph.ts",
      "for (const members of result) members.sort((a, b) => (rank[a] ?? 0) - (rank[b] ?? 0))",
      "for (const members of result) members.sort((a, b) => a - b + 0 * (rank[a] ?? 0))"
    )
  ),
  mutation(
    136,
    "the fingerprint depends on the order of dependencies",
    edit(
      "protocol/src/definition/DefinitionHash.ts",
      "node.dependencies.toSorted(byNode)",
      "node.dependencies"
    )
  ),
  mutation(
    136,
    "the fingerprint is blind to the configuration",
    edit(
      "protocol/src/definition/DefinitionHash.ts",
      "const permuted = { ...flow, nodes,",
      "const permuted = { ...flow, config: {}, nodes,"
    )
  ),
  mutation(
    137,
    "a kind that is not supported is taken for a local one",
    edit(
      "yaml/src/internal/readDagwood.ts",
      'if (kind === undefined || kind === "local") return kind',
      'if (kind === undefined || kind === "local" || kind === "wasm") return kind'
    )
  )
]
