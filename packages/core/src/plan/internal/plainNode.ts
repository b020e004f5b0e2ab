import { NodeId } from "@dagflow/protocol"

/**
 * Whether a node is made of an id, an action, dependencies and inputs of simple values only, each of the form that the
 * schema of nodes asks for.
 *
 * Most nodes of large flows are like that, and seeing it takes a tenth of the time that the schema takes to find nothing
 * wrong (measured on 10,000 nodes). Whatever is not plain is left to the schema, so what this refuses is not refused.
 */
export const isPlainNode = (node: unknown): boolean => {
  if (!isObject(node)) return false
  for (const key in node) {
    const value = node[key]
    switch (key) {
      case "id":
        if (!isNodeId(value)) return false
        break
      case "action":
        if (typeof value !== "string") return false
        break
      case "dependencies":
        if (!Array.isArray(value) || !value.every(isNodeId)) return false
        break
      case "inputs":
        if (!isObject(value) || !Object.values(value).every(isPlainBinding)) return false
        break
      default:
        return false
    }
  }
  return "id" in node && "action" in node
}

// -- internal -------------------------------------------------------------------------------------------------------

/** An object as JSON and literals make them; anything with a prototype of its own is left to the schema. */
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype

const isNodeId = (value: unknown): boolean => typeof value === "string" && NodeId.problem(value) === undefined

const isPlainBinding = (value: unknown): boolean => {
  if (!isObject(value)) return false
  const keys = Object.keys(value)
  if ("ref" in value) {
    if (typeof value["ref"] !== "string") return false
    return keys.length === 1 || (keys.length === 2 && "default" in value && isSimple(value["default"]))
  }
  if (keys.length !== 1) return false
  if ("list" in value) {
    return Array.isArray(value["list"]) && value["list"].every((item) => isPlainItem(item))
  }
  return "template" in value
    ? typeof value["template"] === "string"
    : "value" in value && isSimple(value["value"])
}

const isPlainItem = (value: unknown): boolean =>
  isObject(value) && !("list" in value) && isPlainBinding(value)

const isSimple = (value: unknown): boolean =>
  value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)
