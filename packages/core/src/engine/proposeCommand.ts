import { Command } from "@dagflow/protocol"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { frozenJson } from "../action/frozenJson.ts"
import type { Proposed } from "../decide/decideAnswer.ts"

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
  const decoded = decode(copied.success.value)
  return Result.isSuccess(decoded)
    ? { _tag: "Command", command: decoded.success }
    : { _tag: "Malformed", name: nameOf(value), message: decoded.failure.message }
}

const nameOf = (value: unknown): string => {
  const named = Result.try(() =>
    typeof value === "object" && value !== null && "_tag" in value && typeof value._tag === "string"
      ? value._tag.slice(0, nameMax)
      : "unknown"
  )
  return Result.getOrElse(named, () => "unknown")
}
