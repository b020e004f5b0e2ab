/**
 * Keeps the values of environment variables out of everything that is printed.
 *
 * A flow names a secret as `${env.NAME}`; the log holds that text. An action or an error may still repeat the value, so
 * whatever goes to a stream passes through here, and the value becomes the text that names it again.
 */
import { Binding } from "@dagflow/protocol"
import type { Command, Event, FlowSpec, NodeSpec } from "@dagflow/protocol"

/** Shorter values are left alone: they are part of any text, and hiding them would say what they are. */
export const lengthMin = 4

/** Hides the values of the variables it has learned of. */
export interface Redactor {
  /** Takes note of the variables that a text asks for. */
  readonly learn: (text: string) => void
  /** Takes note of the variables that the nodes and inputs of a flow ask for. */
  readonly learnFlow: (flow: FlowSpec.FlowSpec) => void
  /** Takes note of the variables that a command names; whether it is a proper command does not matter. */
  readonly learnCommand: (command: Command.Command) => void
  /** Takes note of the variables that an event's nodes and inputs ask for. */
  readonly learnFrom: (event: Event.Event) => void
  readonly text: (text: string) => string
  /** Hides values in the texts and keys inside a JSON value. */
  readonly json: <A>(value: A) => A
}

/** The forms in which a value may be printed: as it is, inside JSON, inside an address, and line by line. */
const forms = (value: string): ReadonlyArray<string> =>
  [
    value,
    JSON.stringify(value).slice(1, -1),
    ...(value.isWellFormed() ? [encodeURIComponent(value)] : []),
    ...value.split(/\r?\n/).map((line) => line.trim())
  ].filter((form) => form.length >= lengthMin)

/** Makes a redactor of an environment. It hides nothing before it has learned of a variable. */
export const make = (env: Readonly<Record<string, string | undefined>>): Redactor => {
  const hidden = new Map<string, string>()
  let values: ReadonlyArray<readonly [string, string]> = []
  const learn = (text: string): void => {
    for (const name of Binding.environmentNames(text)) {
      for (const value of forms(env[name] ?? "")) hidden.set(value, `\${env.${name}}`)
    }
    // The longest first, so that a value inside another one does not leave the rest of that standing.
    if (hidden.size > values.length) values = [...hidden].sort(([a], [b]) => b.length - a.length)
  }
  const text = (one: string): string =>
    values.reduce((rest, [value, name]) => (rest.includes(value) ? rest.replaceAll(value, name) : rest), one)
  const json = (value: unknown): unknown => {
    if (typeof value === "string") return text(value)
    if (Array.isArray(value)) return value.map(json)
    if (typeof value !== "object" || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [text(key), json(one)]))
  }
  const learnJson = (value: unknown): void => {
    if (typeof value === "string") learn(value)
    else if (typeof value === "object" && value !== null)
      for (const one of Object.values(value)) learnJson(one)
  }
  const learnNodes = (nodes: ReadonlyArray<NodeSpec.NodeSpec>): void => {
    for (const { forEach = {}, inputs = {} } of nodes) learnJson({ ...inputs, ...forEach })
  }
  const learnFlow = (flow: FlowSpec.FlowSpec): void => {
    learnNodes(flow.nodes)
    learnJson(flow.inputs)
  }
  return {
    learn,
    learnFlow,
    learnCommand: (command) => {
      try {
        learn(JSON.stringify(command) ?? "")
      } catch {
        // What is no JSON is no command either, and the engine is about to say so.
      }
    },
    text,
    json: ((value: unknown) => (values.length === 0 ? value : json(value))) as Redactor["json"],
    learnFrom: (event) => {
      switch (event._tag) {
        case "RunStarted":
          learnFlow(event.flow)
          return learnJson(event.inputs)
        case "NodesAdded":
          return learnNodes(event.nodes)
        case "NodeInputsSet":
          return learnJson(event.inputs)
        default:
      }
    }
  }
}
