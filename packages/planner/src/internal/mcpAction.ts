/** The action that calls a tool of an MCP server. */
import { Action } from "@dagflow/core"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { McpError } from "../McpError.ts"
import { describe } from "../Refusal.ts"
import * as Tool from "../Tool.ts"
import { defined } from "./definitionMark.ts"
import { importedSchema } from "./importedSchema.ts"
import { inspect } from "./inspect.ts"
import { type Connection, hashOf } from "./mcpConnection.ts"
import type { Listed } from "./mcpListed.ts"
import { depthMax, Outputs, readResult } from "./mcpResult.ts"

/** The action of a tool of a server. */
export type McpAction = Action.Action<string, Readonly<Record<string, unknown>>, Outputs, McpError>

/** Largest description of a tool with its schema: all of it is shown to the model, turn by turn. */
const definitionBytesMax = 65_536

/** What names of actions, and of tools of models, may be. */
const namePattern = /^[A-Za-z0-9_-]{1,64}$/

/** Makes the action of a tool, or says why there is none. */
export const mcpAction = (
  server: string,
  listed: Listed,
  connection: Connection,
  resultBytesMax: number
): Result.Result<McpAction, McpError> => {
  const fail = (message: string) =>
    Result.fail(
      new McpError({ reason: { _tag: "UnusableTool", server, tool: listed.name.slice(0, 200), message } })
    )
  const unsafe = inspect(listed, "what the server says of it", { depthMax, bytesMax: definitionBytesMax })
  if (unsafe !== undefined) return fail(describe(unsafe))
  const name = `${server}_${listed.name.replaceAll(/[./:]/g, "_")}`
  if (!namePattern.test(name)) return fail(`"${name.slice(0, 100)}" is no name of an action`)
  const imported = importedSchema(listed.inputSchema, "ignore")
  if (Result.isFailure(imported)) return fail(`its inputs cannot be checked: ${imported.failure}`)
  const { description } = listed
  const origin = { server, tool: listed.name, resultBytesMax }
  const action: McpAction = Action.make(name, {
    input: imported.success as Action.Fields,
    output: Outputs,
    version: hashOf(listed),
    ...(description !== undefined && { description }),
    run: (given: Readonly<Record<string, unknown>>) =>
      Effect.flatMap(connection.call(listed, given), (result) =>
        Effect.fromResult(readResult(origin, result))
      )
  })
  return Result.succeed(
    defined(
      action,
      Tool.define({ name, action, description, parameters: imported.success, document: listed.inputSchema })
    )
  )
}
