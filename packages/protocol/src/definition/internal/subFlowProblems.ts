import type { Problem } from "../../error/DefinitionError.ts"
import type { FlowSpec } from "../FlowSpec.ts"
import type { NodeSpec } from "../NodeSpec.ts"
import * as SubFlow from "../SubFlow.ts"
import * as Suggestion from "../Suggestion.ts"

/** Finds the problems of a flow inside of another one. */
type Check = (flow: FlowSpec) => ReadonlyArray<Problem>

/** Problems of nodes that run a flow: how they use it, and, by `check`, of that flow itself. */
export const find = (flow: FlowSpec, depth: number, check: Check): ReadonlyArray<Problem> =>
  flow.nodes.flatMap((node, index) => {
    if (node.flow === undefined && node.returns === undefined) return []
    const at: Report = (code, path, message, suggestion) => ({
      code,
      severity: "error",
      message,
      path: ["nodes", index, ...path],
      nodeId: node.id,
      ...(suggestion === undefined ? {} : { suggestion })
    })
    if (node.flow === undefined) {
      return [at("InvalidValue", ["returns"], `node "${node.id}" says what it returns, and has no flow`)]
    }
    if (depth >= SubFlow.depthMax) {
      const message = `node "${node.id}" is a flow inside of ${depth} others, and ${SubFlow.depthMax} runs are the most above one`
      return [at("LimitExceeded", ["flow"], message)]
    }
    const inner = check(node.flow).map((problem) => ({
      ...problem,
      message: `in the flow of node "${node.id}": ${problem.message}`,
      path: ["nodes", index, "flow", ...problem.path],
      nodeId: node.id
    }))
    return [
      ...ownProblems(node, at),
      ...inputProblems(node, node.flow, at),
      ...returnProblems(node, node.flow, at),
      ...inner
    ]
  })

// -- internal -------------------------------------------------------------------------------------------------------

type Report = (
  code: Problem["code"],
  path: ReadonlyArray<string | number>,
  message: string,
  suggestion?: string
) => Problem

/** What is said of an action makes no sense of a flow. */
const ownProblems = (node: NodeSpec, at: Report): ReadonlyArray<Problem> => {
  const { action, cache, flow, id, recovery } = node
  return [
    ...(action === flow?.name
      ? []
      : [
          at(
            "InvalidValue",
            ["action"],
            `node "${id}" runs a flow, so its action is that flow's name: "${flow?.name ?? ""}"`
          )
        ]),
    ...(cache === undefined || cache === false
      ? []
      : [
          at(
            "InvalidValue",
            ["cache"],
            `node "${id}" runs a flow, and outputs of flows are not cached: cache its nodes`
          )
        ]),
    ...(recovery === undefined
      ? []
      : [
          at(
            "InvalidValue",
            ["recovery"],
            `node "${id}" runs a flow, which outlives its process: say it of its nodes`
          )
        ])
  ]
}

const inputProblems = (
  { id, inputs = {}, intent }: NodeSpec,
  flow: FlowSpec,
  at: Report
): ReadonlyArray<Problem> => {
  const declared = flow.inputs
  if (declared === undefined) return templateProblems(id, inputs, {}, at)
  const known = Suggestion.vocabulary(Object.keys(declared))
  const unknown = Object.keys(inputs).flatMap((name) =>
    Object.hasOwn(declared, name)
      ? []
      : [
          at(
            "UnknownInput",
            ["inputs", name],
            `node "${id}" gives the input "${name}", which flow "${flow.name}" does not take`,
            Suggestion.nearest(name, known)
          )
        ]
  )
  const missing = Object.entries(declared).flatMap(([name, spec]) => {
    const isGiven = Object.hasOwn(inputs, name) || (name === "payload" && intent !== undefined)
    return isGiven || spec.required === false || spec.default !== undefined
      ? []
      : [
          at(
            "MissingInput",
            [],
            `node "${id}" does not give the input "${name}" that flow "${flow.name}" requires`
          )
        ]
  })
  return [...unknown, ...missing, ...templateProblems(id, inputs, declared, at)]
}

/** What a template stands for would be stored with the child run, unless that is told to keep only the template. */
const templateProblems = (
  id: string,
  inputs: NonNullable<NodeSpec["inputs"]>,
  declared: NonNullable<FlowSpec["inputs"]>,
  at: Report
): ReadonlyArray<Problem> =>
  Object.entries(inputs).flatMap(([name, binding]) => {
    const isSecret = Object.hasOwn(declared, name) && declared[name]?.secret === true
    const holdsTemplate =
      "template" in binding || ("list" in binding && binding.list.some((item) => "template" in item))
    if (!holdsTemplate || (isSecret && "template" in binding)) return []
    const message = `input "${name}" of node "${id}" names variables of the environment: the flow has to declare that input as secret`
    return [at("InvalidValue", ["inputs", name], message)]
  })

const returnProblems = ({ id, returns }: NodeSpec, flow: FlowSpec, at: Report): ReadonlyArray<Problem> => {
  const ids = new Set(flow.nodes.map((node) => node.id))
  const known = Suggestion.vocabulary(ids)
  return Object.entries(returns ?? {}).flatMap(([name, nodeId]) =>
    ids.has(nodeId)
      ? []
      : [
          at(
            "UnknownReference",
            ["returns", name],
            `node "${id}" returns node "${nodeId}" of its flow, which has none of that id`,
            Suggestion.nearest(nodeId, known)
          )
        ]
  )
}
