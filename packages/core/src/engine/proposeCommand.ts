import { Command, Expression, NodeExpressions } from "@dagflow/protocol"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { frozenJson } from "../action/frozenJson.ts"
import type { Proposed } from "../decide/decideAnswer.ts"
import { isPlainNode } from "../plan/internal/plainNode.ts"

const decode = Schema.decodeUnknownResult(Command.Command, { onExcessProperty: "error" })

/** Longest name of something that is no command. */
const nameMax = 100

/**
 * Reads a command from what somebody gave, who may be a hook, another process or a language model. It is copied first: the
 * run keeps parts of it, and a value that is too deep or no JSON must not reach code that walks through it.
 */
export const proposeCommand = (value: unknown): Proposed => {
  const copied = Result.getOrElse(
    Result.try(() => frozenJson(value, "")),
    () => Result.fail("reading the command throws")
  )
  if (Result.isFailure(copied)) return { _tag: "Malformed", name: nameOf(value), message: copied.failure }
  const json: unknown = copied.success.value
  if (isPlainCommand(json)) return { _tag: "Command", command: json }
  const decoded = decode(json)
  if (Result.isSuccess(decoded) && hasExpressions(decoded.success)) Expression.request()
  return Result.isSuccess(decoded)
    ? { _tag: "Command", command: decoded.success }
    : { _tag: "Malformed", name: nameOf(value), message: decoded.failure.message }
}

/**
 * Whether a value is a command that adds plain nodes and says nothing else, as most answers of planning hooks do. Seeing it
 * takes a tenth of the time that the schema takes to find nothing wrong; whatever is not plain is left to the schema.
 */
const isPlainCommand = (json: unknown): json is Command.Command => {
  if (typeof json !== "object" || json === null || Object.keys(json).length !== 2 || !("_tag" in json)) {
    return false
  }
  if (json._tag === "AddNode") return "node" in json && isPlainNode(json.node)
  return (
    json._tag === "AddNodes" &&
    "nodes" in json &&
    Array.isArray(json.nodes) &&
    json.nodes.every((node) => isPlainNode(node))
  )
}

const hasExpressions = (command: Command.Command): boolean => {
  if (command._tag === "AddNode") return NodeExpressions.areIn([command.node])
  return command._tag === "AddNodes" && NodeExpressions.areIn(command.nodes)
}

const nameOf = (value: unknown): string => {
  const named = Result.try(() =>
    typeof value === "object" && value !== null && "_tag" in value && typeof value._tag === "string"
      ? value._tag.slice(0, nameMax)
      : "unknown"
  )
  return Result.getOrElse(named, () => "unknown")
}
