/** What can go wrong with the tools of an MCP server. */
import * as Schema from "effect/Schema"

const server = Schema.String
const tool = Schema.String
const message = Schema.String

/** What went wrong. */
export const McpReason = Schema.Union([
  /** The server cannot be started, reached or talked to: nothing was asked of it. */
  Schema.TaggedStruct("ServerUnavailable", { server, message, isRetryable: Schema.Boolean }),
  /** The connection ended before the answer of a call came, for instance because the server died. */
  Schema.TaggedStruct("ServerLost", { server, tool, message }),
  /** The server said something that is no message, or no answer to what it was asked. */
  Schema.TaggedStruct("InvalidMessage", { server, message }),
  /** The server refuses the call itself. `code`: of JSON-RPC, or the status of HTTP. */
  Schema.TaggedStruct("CallRefused", { server, tool, code: Schema.optionalKey(Schema.Int), message }),
  /** The tool says that it has failed. */
  Schema.TaggedStruct("ToolFailed", { server, tool, message }),
  /** No answer came in time. `what`: the start of the server, its list of tools, or a call. */
  Schema.TaggedStruct("TimedOut", { server, what: Schema.String, millis: Schema.Finite }),
  /** The server sent more than it may. */
  Schema.TaggedStruct("TooLarge", { server, what: Schema.String, maximum: Schema.Finite }),
  /** The server does not have the tool, or no longer. */
  Schema.TaggedStruct("ToolGone", { server, tool }),
  /** The server describes the tool otherwise than it was listed when its action was made. */
  Schema.TaggedStruct("ToolChanged", { server, tool }),
  /** No action can be made of the tool. */
  Schema.TaggedStruct("UnusableTool", { server, tool, message })
])
/** What went wrong. */
export type McpReason = typeof McpReason.Type

const describe = (reason: McpReason): string => {
  const at = `MCP server "${reason.server}"`
  switch (reason._tag) {
    case "ServerUnavailable":
      return `${at} cannot be used: ${reason.message}`
    case "ServerLost":
      return `${at} was lost before "${reason.tool}" had answered: ${reason.message}`
    case "InvalidMessage":
      return `${at} does not speak the protocol: ${reason.message}`
    case "CallRefused":
      return `${at} refuses to call "${reason.tool}"${reason.code === undefined ? "" : ` (${reason.code})`}: ${reason.message}`
    case "ToolFailed":
      return reason.message
    case "TimedOut":
      return `${at} did not answer in ${reason.millis} ms: ${reason.what}`
    case "TooLarge":
      return `${at} sent more than the ${reason.maximum} bytes that are taken of ${reason.what}`
    case "ToolGone":
      return `${at} has no tool "${reason.tool}": list its tools again, and take it off "allow" if it is gone for good`
    case "ToolChanged":
      return `${at} describes its tool "${reason.tool}" otherwise than before: look at what has changed, and list its tools again`
    case "UnusableTool":
      return `tool "${reason.tool}" of ${at} cannot be an action: ${reason.message}`
  }
}

const retryable: ReadonlySet<McpReason["_tag"]> = new Set([
  "ServerLost",
  "InvalidMessage",
  "ToolFailed",
  "TimedOut"
])

/** A tool of an MCP server that could not be called or made, or a call of one that failed. */
export class McpError extends Schema.TaggedError<McpError>("@dagflow/planner/McpError")("McpError", {
  reason: McpReason
}) {
  /** Whether another attempt may go better: a server that was lost is started anew for it. */
  get isRetryable(): boolean {
    const { reason } = this
    return reason._tag === "ServerUnavailable" ? reason.isRetryable : retryable.has(reason._tag)
  }

  override get message(): string {
    return describe(this.reason)
  }
}
