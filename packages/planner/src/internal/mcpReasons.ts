/** What the client of `effect/ai` says, as reasons of ours. */
import type * as McpClientError from "effect/ai/McpClientError"
import { McpError, type McpReason } from "../McpError.ts"
import { cut } from "./inspect.ts"

/** Longest part of what a server says that an error repeats. */
const messageMax = 1000

/** What was being done when an error came. */
export interface Doing {
  readonly server: string
  /** The tool that was called; none while the server is started or lists its tools. */
  readonly tool: string | undefined
  /** The same in words. */
  readonly what: string
  readonly millis: number
  readonly bytesMax: number
}

const lost = ({ server, tool }: Doing, message: string, isRetryable = true): McpReason =>
  tool === undefined
    ? { _tag: "ServerUnavailable", server, message, isRetryable }
    : { _tag: "ServerLost", server, tool, message }

const refused = ({ server, tool }: Doing, message: string, code?: number): McpReason =>
  tool === undefined
    ? { _tag: "ServerUnavailable", server, message, isRetryable: false }
    : { _tag: "CallRefused", server, tool, message, ...(code !== undefined && { code }) }

const ofReason = (doing: Doing, reason: McpClientError.McpClientErrorReason): McpReason => {
  const { bytesMax, millis, server, what } = doing
  const message = cut(reason.message, messageMax)
  switch (reason._tag) {
    case "TransportError":
    case "ClosedError":
      return lost(doing, message)
    case "HttpError":
      return reason.status >= 500 || reason.status === 429
        ? lost(doing, message)
        : refused(doing, message, reason.status)
    case "ProtocolError":
      return reason.code === undefined
        ? { _tag: "InvalidMessage", server, message }
        : refused(doing, message, reason.code)
    case "ValidationError":
      return { _tag: "InvalidMessage", server, message }
    case "TimeoutError":
      return { _tag: "TimedOut", server, what, millis }
    case "LimitError":
      return { _tag: "TooLarge", server, what, maximum: bytesMax }
    case "ToolError":
    case "UnsupportedError":
    case "ConfigurationError":
      return refused(doing, message)
  }
}

/** The error of ours that an error of the client is. */
export const ofClientError = (doing: Doing, { reason }: McpClientError.McpClientError): McpError =>
  new McpError({ reason: ofReason(doing, reason) })

/** Whether nothing more can be had of a connection after such an error. */
export const endsConnection = ({ reason }: McpClientError.McpClientError): boolean =>
  reason._tag === "TransportError" ||
  reason._tag === "ClosedError" ||
  reason._tag === "LimitError" ||
  (reason._tag === "ProtocolError" && reason.code === undefined)
