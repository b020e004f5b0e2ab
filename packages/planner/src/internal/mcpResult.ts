/** What a tool of an MCP server gives, as outputs that a log can hold. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as McpSchema from "effect/ai/McpSchema"
import { McpError, type McpReason } from "../McpError.ts"
import { describe } from "../Refusal.ts"
import { cut, inspect, jsonBytes, textBytes } from "./inspect.ts"

/** The outputs of a tool of an MCP server. */
export const Outputs = Schema.Struct({
  /** The texts of its result, one below the other. What is no text is named in brackets. */
  text: Schema.String,
  /** Its result as JSON, where the tool gives one. */
  structured: Schema.optionalKey(Schema.Json)
})
/** The outputs of a tool of an MCP server. */
export type Outputs = typeof Outputs.Type

/** Deepest JSON that is recorded of a server. */
export const depthMax = 64

/** Longest message of a tool that says it has failed. */
const failureMax = 2000

const textOf = (block: McpSchema.ContentBlock): string => {
  switch (block.type) {
    case "text":
      return block.text
    case "resource_link":
      return `[${block.title ?? block.name}: ${block.uri}]`
    case "resource":
      return "text" in block.resource
        ? block.resource.text
        : `[${block.resource.mimeType ?? "a file"}, ${block.resource.blob.length} bytes, not kept: ${block.resource.uri}]`
    case "image":
    case "audio":
      return `[${block.mimeType}, ${block.data.length} bytes, not kept]`
  }
}

/** Where a result comes from, and how large it may be. */
export interface Origin {
  readonly server: string
  readonly tool: string
  readonly resultBytesMax: number
}

/** The outputs that a result is, or why it is none. */
export const readResult = (
  { resultBytesMax, server, tool }: Origin,
  result: McpSchema.CallToolResult
): Result.Result<Outputs, McpError> => {
  const fail = (reason: McpReason) => Result.fail(new McpError({ reason }))
  const text = result.content.map(textOf).join("\n")
  const tooLarge = {
    _tag: "TooLarge",
    server,
    what: `the result of "${tool}"`,
    maximum: resultBytesMax
  } as const
  if (textBytes(text) > resultBytesMax) return fail(tooLarge)
  const { structuredContent } = result
  const where = `the result of "${tool}"`
  const refusal = inspect([text, structuredContent ?? null], where, {
    depthMax,
    bytesMax: resultBytesMax + 16
  })
  if (refusal?._tag === "TooLarge") return fail(tooLarge)
  if (refusal !== undefined) return fail({ _tag: "InvalidMessage", server, message: describe(refusal) })
  const structured = structuredContent as Schema.Json | undefined
  if (structured !== undefined && jsonBytes(structured) > resultBytesMax) return fail(tooLarge)
  if (result.isError === true) {
    const message =
      text === "" ? `tool "${tool}" of MCP server "${server}" has failed` : cut(text, failureMax)
    return fail({ _tag: "ToolFailed", server, tool, message })
  }
  return Result.succeed({ text, ...(structured !== undefined && { structured }) })
}
