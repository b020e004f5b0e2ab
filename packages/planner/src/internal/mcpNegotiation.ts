/** Servers that speak an older revision of the protocol. */
import * as Effect from "effect/Effect"
import type * as McpClient from "effect/ai/McpClient"

/** Revisions in which tools are listed and called by the same messages as in the one that is asked for. */
const alike: ReadonlySet<unknown> = new Set(["2024-11-05", "2025-03-26", "2025-06-18"])

/**
 * The same transport for servers that answer `initialize` with an older revision, as the protocol lets them. The client of
 * `effect/ai` takes no revision but its own; of what it asks for here, all of them have the same messages.
 */
export const negotiating = (transport: McpClient.Transport): McpClient.Transport => ({
  ...transport,
  request: (message, tool) =>
    message.method === "initialize"
      ? Effect.map(transport.request(message, tool), (response) => {
          const result = response.result as Readonly<Record<string, unknown>> | null | undefined
          if (!alike.has(result?.["protocolVersion"])) return response
          const { protocolVersion } = transport.protocol
          return { jsonrpc: "2.0", id: message.id, result: { ...result, protocolVersion } }
        })
      : transport.request(message, tool)
})
