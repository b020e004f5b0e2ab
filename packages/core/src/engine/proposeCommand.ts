import { Command } from "@dagflow/protocol"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Proposed } from "../decide/decideAnswer.ts"

const decode = Schema.decodeUnknownResult(Command.Command)

/** Longest name of something that is no command. */
const nameMax = 100

/** Reads a command from what somebody gave, who may be a hook, another process or a language model. */
export const proposeCommand = (value: unknown): Proposed => {
  const decoded = decode(value)
  if (Result.isSuccess(decoded)) return { _tag: "Command", command: decoded.success }
  const tag = typeof value === "object" && value !== null && "_tag" in value ? String(value._tag) : "unknown"
  return { _tag: "Malformed", name: tag.slice(0, nameMax), message: decoded.failure.message }
}
