/**
 * The tools of an MCP server (Model Context Protocol) as actions: what the server lists, and you allow, a planner can offer. The
 * server is started when it is first needed and anew after it was lost, and no process of it outlives the scope.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as McpClient from "effect/ai/McpClient"
import type * as McpClientError from "effect/ai/McpClientError"
import * as HttpClient from "effect/http/HttpClient"
import * as ChildProcess from "effect/process/ChildProcess"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import { Connection } from "./internal/mcpConnection.ts"
import { type McpAction, mcpAction } from "./internal/mcpAction.ts"
import { Listed } from "./internal/mcpListed.ts"
import { negotiating } from "./internal/mcpNegotiation.ts"
import { McpError } from "./McpError.ts"

export { Listed, type McpAction }

/** What holds for servers of any kind. */
export interface Options {
  /** Name of the server: its tools become actions `<name>_<tool>`. Letters, digits, `_` and `-`. */
  readonly name: string
  /**
   * Which of its tools become actions; `"all"`: whatever it lists. A server that does not have one of those that are named fails
   * with `ToolGone`.
   */
  readonly allow: ReadonlyArray<string> | "all"
  /**
   * The tools as the server listed them once (`tools` of a {@link Server}, kept as JSON). Then the server is not started before
   * a tool is called, and a tool that it describes otherwise fails with `ToolChanged`. Default: the server is asked now.
   */
  readonly tools?: ReadonlyArray<Listed>
  /** Time to start and to list its tools; default 30 seconds. */
  readonly startTimeout?: Duration.Input
  /** Time for one call, besides the time-out of the node; default 1 minute. */
  readonly callTimeout?: Duration.Input
  /** Bytes of one result that are recorded; a larger one fails with `TooLarge`. Default 1 MiB. */
  readonly resultBytesMax?: number
}

/** A server that is a program: it is spoken to over its standard streams. */
export interface StdioOptions extends Options {
  readonly command: string
  readonly args?: ReadonlyArray<string>
  readonly cwd?: string
  /** Variables of its environment besides `PATH`, `HOME` and the like; nothing else of this process is handed on. Default: none. */
  readonly env?: Readonly<Record<string, string>>
}

/** A server that is reached over streamable HTTP. */
export interface HttpOptions extends Options {
  readonly url: string
  /** Sent with each request. Default: none. */
  readonly headers?: Readonly<Record<string, string>>
}

/** An MCP server. */
export interface Server {
  readonly name: string
  /** The tools that are allowed, as the server describes them: JSON that `tools` of the options takes again. */
  readonly tools: ReadonlyArray<Listed>
  /** Their actions. The version of each is a hash of what the server says of it. */
  readonly actions: ReadonlyArray<McpAction>
}

/**
 * An MCP server that is a program of this machine.
 *
 * **Details**
 * The action of a tool gives `text`, and `structured` where the server gives that. Arguments are checked by the schema that the server
 * gave; regular expressions in it are shown to the model and not run. The program ends with the scope.
 *
 * **Failures**
 * `McpError`. `ServerUnavailable`, `TimedOut`, `InvalidMessage`, `ToolGone` and `UnusableTool` when the server is asked for its
 * tools; those of calls fail their nodes.
 *
 * **Example**
 * ```ts
 * const program = Effect.gen(function* () {
 *   const files = yield* Mcp.stdio({ name: "files", command: "mcp-files", args: ["./docs"], allow: ["read_file"] })
 *   const agent = Planner.make({ name: "agent", tools: files.actions })
 *   …
 * }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
 * ```
 */
export const stdio = (
  options: StdioOptions
): Effect.Effect<Server, McpError, ChildProcessSpawner | Scope.Scope> =>
  Effect.flatMap(ChildProcessSpawner, (spawner) => {
    const { args = [], command, cwd, env } = options
    const child = ChildProcess.make(command, args, {
      env: { ...baseEnvironment(), ...env },
      ...(cwd !== undefined && { cwd })
    })
    return server(options, ({ McpClient, v2025_11_25 }, maxMessageBytes) => {
      let isThere: Effect.Effect<boolean> = Effect.succeed(true)
      const watching = ChildProcessSpawner.of({
        ...spawner,
        spawn: (spawned) =>
          Effect.tap(spawner.spawn(spawned), (handle) =>
            Effect.sync(() => {
              isThere = Effect.orElseSucceed(handle.isRunning, () => false)
            })
          )
      })
      const transport = McpClient.stdio({ command: child, protocol: v2025_11_25, maxMessageBytes })
      return Effect.map(Effect.provideService(transport, ChildProcessSpawner, watching), (opened) => ({
        transport: negotiating(opened),
        isThere
      }))
    })
  })

/**
 * An MCP server that is reached over streamable HTTP. Provide `FetchHttpClient.layer`, or a client of your own.
 *
 * **Failures**
 * Those of {@link stdio}.
 *
 * **Example**
 * ```ts
 * const search = yield* Mcp.http({ name: "search", url: "http://localhost:3000/mcp", allow: "all" })
 * ```
 */
export const http = (
  options: HttpOptions
): Effect.Effect<Server, McpError, HttpClient.HttpClient | Scope.Scope> =>
  Effect.flatMap(HttpClient.HttpClient, (client) => {
    const { headers, url } = options
    return server(options, ({ McpClient, v2025_11_25 }, maxMessageBytes) =>
      McpClient.http({
        url,
        protocol: v2025_11_25,
        maxMessageBytes,
        ...(headers !== undefined && { headers })
      }).pipe(
        Effect.provideService(HttpClient.HttpClient, client),
        Effect.map((transport) => ({ transport, isThere: Effect.succeed(true) }))
      )
    )
  })

// -- internal -------------------------------------------------------------------------------------------------------

/** What programs need to be found and to run; a server gets no secrets of this process by default. */
const baseVariables =
  "APPDATA HOME LANG LOCALAPPDATA LOGNAME PATH PATHEXT SHELL SYSTEMROOT TEMP TERM TMP TMPDIR USER USERNAME USERPROFILE".split(
    " "
  )

const baseEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    baseVariables.flatMap((name) => {
      const value = globalThis.process?.env[name]
      return value === undefined ? [] : [[name, value]]
    })
  )

const millisOf = (input: Duration.Input): number => Duration.toMillis(Duration.fromInputUnsafe(input))

/** Whoever has no MCP server does not load the protocol. */
const loadClient = Effect.promise(() =>
  Promise.all([import("effect/ai/McpClient"), import("effect/ai/McpProtocol")]).then(
    ([McpClient, { v2025_11_25 }]) => ({ McpClient, v2025_11_25 })
  )
)

type Loaded = Effect.Success<typeof loadClient>

type Transport = Effect.Effect<
  { readonly transport: McpClient.Transport; readonly isThere: Effect.Effect<boolean> },
  McpClientError.McpClientError,
  Scope.Scope
>

const server = (
  options: Options,
  transport: (client: Loaded, messageBytesMax: number) => Transport
): Effect.Effect<Server, McpError, Scope.Scope> =>
  Effect.gen(function* () {
    const {
      allow,
      callTimeout = "1 minute",
      name,
      resultBytesMax = 1_048_576,
      startTimeout = "30 seconds"
    } = options
    // The list of all tools has to fit as well.
    const messageBytesMax = Math.max(2 * resultBytesMax, 1_048_576)
    const startMillis = millisOf(startTimeout)
    const connect = Effect.gen(function* () {
      const client = yield* loadClient
      const { isThere, transport: opened } = yield* transport(client, messageBytesMax)
      const made = client.McpClient.make({ name: "dagflow", version: "1", timeout: startMillis })
      return { isThere, client: yield* Effect.provideService(made, client.McpClient.Transport, opened) }
    })
    const connection = new Connection(
      { server: name, connect, startMillis, callMillis: millisOf(callTimeout), messageBytesMax },
      yield* Effect.scope
    )
    const known = options.tools ?? (yield* connection.list())
    const tools = yield* allowed(name, known, allow)
    const actions = yield* Effect.forEach(tools, (listed) =>
      Effect.fromResult(mcpAction(name, listed, connection, resultBytesMax))
    )
    const twice = actions.find(
      (action, at) => actions.findIndex((other) => other.name === action.name) !== at
    )
    if (twice !== undefined) {
      const reason = {
        _tag: "UnusableTool",
        server: name,
        tool: twice.name,
        message: "another tool has its name"
      } as const
      return yield* new McpError({ reason })
    }
    return { name, tools, actions }
  })

const allowed = (
  name: string,
  known: ReadonlyArray<Listed>,
  allow: Options["allow"]
): Effect.Effect<ReadonlyArray<Listed>, McpError> =>
  allow === "all"
    ? Effect.succeed(known)
    : Effect.forEach(allow, (wanted) => {
        const listed = known.find((one) => one.name === wanted)
        return listed === undefined
          ? Effect.fail(new McpError({ reason: { _tag: "ToolGone", server: name, tool: wanted } }))
          : Effect.succeed(listed)
      })
