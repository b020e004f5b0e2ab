/** The lists that the nodes of simulated flows are mapped over, worked out without what reads expressions. */
import type { Model, ModelNode } from "./Model.ts"
import { visitMeant } from "./ModelVisits.ts"

/** The values of a list, as far as they are known here, or why there is none. */
export type ModelList = ReadonlyArray<unknown> | "NoList" | "MissingReference" | "InvalidExpression"

/** How long the text is that a node gives now and then, and that is kept outside the log. */
const textLength = 400

/** What a node gave by a name: of one with a list what each of its items gave. */
const given = (model: Model, reader: ModelNode, id: string, output: string): unknown => {
  const node = visitMeant(model, reader, id)
  if (node?.outputs === undefined || !(output in node.outputs)) return undefined
  if (node.items !== undefined) return node.items.map((item) => model.node(item).outputs?.[output] ?? null)
  const value = node.outputs[output]
  // Only the text is so long that it is kept outside the log.
  return isObject(value) && "$artifact" in value ? "x".repeat(textLength) : value
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const sizeOf = (value: unknown): number => {
  if (typeof value === "string" || Array.isArray(value)) return value.length
  return isObject(value) ? Object.keys(value).length : 0
}

/** What an expression makes, in one of the forms that there are. */
const made = (model: Model, node: ModelNode, text: string): ModelList => {
  if (/^\[[\d, ]*\]$/.test(text)) return JSON.parse(text) as ReadonlyArray<number>
  const channel = /^channels\.(\w+)$/.exec(text)?.[1]
  if (channel !== undefined) {
    const held = (node.beganSequence > 0 ? node.seen : model.channels.values).get(channel)
    return Array.isArray(held) ? held : "NoList"
  }
  const [, one = "", other = ""] = /^\[(\w+)\.sum, (\w+)\.sum\]$/.exec(text) ?? []
  if (one !== "") {
    const values = [given(model, node, one, "sum"), given(model, node, other, "sum")]
    return values.includes(undefined) ? "InvalidExpression" : values
  }
  const filtered = /^(\w+)\.sum\.filter/.exec(text)?.[1]
  if (filtered !== undefined) {
    const list = given(model, node, filtered, "sum")
    // What a child run gave are the outputs of one of its nodes; filtered, it is their names.
    if (isObject(list)) return Object.keys(list)
    return Array.isArray(list) ? list.filter((value) => value !== null) : "InvalidExpression"
  }
  const [, tested = "", output = "", then = "", otherwise = "[]"] =
    /^has\((\w+)\.(sum|text)\) \? \[(.*)\] : (\[.*\])$/.exec(text) ?? []
  const value = given(model, node, tested, output)
  if (value === undefined) return JSON.parse(otherwise) as ReadonlyArray<number>
  return then.split(", ").map((part) => {
    if (part.startsWith("size(")) return sizeOf(value)
    return part.endsWith(".sum") ? value : Number(part)
  })
}

/** The list of a node, worked out anew; of one that has begun as it was then. */
export const listOfNode = (model: Model, node: ModelNode): ModelList => {
  const items = node.spec.forEach?.items
  if (items === undefined) return "NoList"
  if ("value" in items) return Array.isArray(items.value) ? items.value : "NoList"
  if ("expression" in items) return made(model, node, String(items.expression))
  if (!("ref" in items)) return "NoList"
  // In simulated flows only the outputs of other nodes with lists are lists.
  const at = items.ref.lastIndexOf(".")
  const source = items.ref.slice(0, at)
  const named = visitMeant(model, node, source)
  // Where no item gave anything, whatever it is called, it is a list of nothing.
  const isEmpty = named?.items !== undefined && Object.keys(named.outputs ?? { none: "" }).length === 0
  const list = isEmpty ? named?.items?.map(() => null) : given(model, node, source, items.ref.slice(at + 1))
  if (list === undefined) return "MissingReference"
  return Array.isArray(list) ? list : "NoList"
}

/** Whether a list is made of what may be kept outside the log, and so comes some time later. */
export const mayBeAwaited = ({ spec }: ModelNode): boolean => {
  const items = spec.forEach?.items
  return items !== undefined && "expression" in items && String(items.expression).includes(".text")
}
