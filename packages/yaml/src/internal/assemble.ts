import { FlowProblems, type FlowSpec } from "@dagflow/protocol"
import * as FlowSource from "../FlowSource.ts"
import type * as Cursor from "./cursor.ts"
import * as FileTree from "./fileTree.ts"
import * as Findings from "./findings.ts"
import * as Origins from "./origins.ts"
import * as PartPlace from "./partPlace.ts"

/** What a definition is checked against besides itself. */
export interface Surroundings {
  readonly actions?: Iterable<string> | undefined
  readonly environment?: ((name: string) => string | undefined) | undefined
}

/** Makes a flow of its files, and finds what is wrong with it as a whole. */
export const assemble = (
  reading: Cursor.Reading,
  tree: FileTree.FileTree,
  files: ReadonlyArray<string>,
  surroundings: Surroundings
): FlowSource.FlowSource => {
  const whole = FileTree.read(reading, tree)
  const flow = whole === undefined ? undefined : specOf(whole)
  const map = whole === undefined ? undefined : mapOf(whole)
  if (flow !== undefined && map !== undefined && !reading.isPartial) {
    checkWhole(reading, flow, map, surroundings.actions)
  }
  checkVariables(reading, surroundings.environment)
  return {
    flow: Findings.hasErrors(reading.findings) ? undefined : flow,
    problems: Findings.problems(reading.findings, files),
    environment: [...new Set(reading.variables.map(({ name }) => name))].sort(),
    files,
    map
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

const specOf = ({ header, nodes }: FileTree.Whole): FlowSpec.FlowSpec => {
  const { channels, config, inputs, metadata, name = "", ...texts } = header
  return {
    name,
    ...texts,
    ...(config === undefined ? {} : { config }),
    ...(inputs === undefined ? {} : { inputs }),
    ...(channels === undefined ? {} : { channels }),
    ...(metadata === undefined ? {} : { metadata }),
    nodes: nodes.map(({ node }) => node)
  }
}

const mapOf = ({ nodes, origins }: FileTree.Whole): FlowSource.SourceMap => {
  const list = origins.parts.get("nodes") ?? Origins.add(origins, "nodes", origins.place)
  nodes.forEach((one, index) => list.parts.set(index, one.origins))
  const indexOf = new Map<string, number>()
  nodes.forEach(({ node }, index) => {
    if (!indexOf.has(node.id)) indexOf.set(node.id, index)
  })
  return { origins, prefixes: nodes.map(({ prefix }) => prefix), indexOf }
}

const checkWhole = (
  reading: Cursor.Reading,
  flow: FlowSpec.FlowSpec,
  map: FlowSource.SourceMap,
  actions: Iterable<string> | undefined
): void => {
  for (const problem of FlowProblems.check(flow, { actions })) {
    // That there are no nodes is news only when they have been read, a node without an action has been reported then.
    if (problem.code === "EmptyFlow" && Findings.hasErrors(reading.findings)) continue
    if (problem.code === "UnknownAction" && flow.nodes[Number(problem.path[1])]?.action === "") continue
    const { code, message, nodeId, severity, suggestion } = FlowSource.locate({ map }, problem)
    Findings.report(reading.findings, PartPlace.find(map, problem), {
      code,
      message,
      nodeId,
      severity,
      suggestion
    })
  }
}

/** Names variables that are not there. Only whether they are is asked; what they hold goes nowhere. */
const checkVariables = (reading: Cursor.Reading, environment: Surroundings["environment"]): void => {
  if (environment === undefined) return
  const missing = new Map<string, boolean>()
  for (const { name, place } of reading.variables) {
    const isMissing = missing.get(name) ?? environment(name) === undefined
    missing.set(name, isMissing)
    if (!isMissing) continue
    const message = `the environment has no variable "${name}"`
    Findings.report(reading.findings, place, { code: "MissingVariable", message })
  }
}
