/**
 * A connection to an MCP server that is made when it is first needed, and made anew after it was lost. Whatever ends it, the
 * server's process has ended before anybody hears of it.
 */
import { ContentHash } from "@dagflow/protocol"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type * as McpClient from "effect/ai/McpClient"
import type * as McpClientError from "effect/ai/McpClientError"
import type * as McpSchema from "effect/ai/McpSchema"
import { McpError } from "../McpError.ts"
import { type Listed, listedOf } from "./mcpListed.ts"
import { type Doing, endsConnection, ofClientError } from "./mcpReasons.ts"

/** How a connection is made and used. */
export interface ConnectionOptions {
  readonly server: string
  readonly startMillis: number
  readonly callMillis: number
  readonly messageBytesMax: number
  /** Connects, for as long as the scope is open. */
  readonly connect: Effect.Effect<Connected, McpClientError.McpClientError, Scope.Scope>
}

/** A server that can be talked to. */
export interface Connected {
  readonly client: McpClient.McpClient
  /** Whether it is there still, as far as that is known without asking it. */
  readonly isThere: Effect.Effect<boolean>
}

interface Live extends Connected {
  readonly scope: Scope.Closeable
  readonly tools: ReadonlyMap<string, McpSchema.Tool>
}

/** A connection to a server. */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #outer: Scope.Scope
  readonly #gate = Semaphore.makeUnsafe(1)
  #live: Live | undefined

  constructor(options: ConnectionOptions, outer: Scope.Scope) {
    this.#options = options
    this.#outer = outer
  }

  /** What the server lists, under the names that it gives. */
  list(): Effect.Effect<ReadonlyArray<Listed>, McpError> {
    return Effect.map(this.#acquire(), ({ tools }) => [...tools.values()].map(listedOf))
  }

  /** Calls a tool as it was listed. */
  call(
    listed: Listed,
    given: Readonly<Record<string, unknown>>
  ): Effect.Effect<McpSchema.CallToolResult, McpError> {
    const { callMillis } = this.#options
    const doing = this.#doing(`the call of "${listed.name}"`, callMillis, listed.name)
    return Effect.flatMap(this.#acquire(), (live) => {
      const tool = live.tools.get(listed.name)
      if (tool === undefined) return this.#fail({ _tag: "ToolGone", ...this.#named(listed) })
      if (hashOf(listedOf(tool)) !== hashOf(listed))
        return this.#fail({ _tag: "ToolChanged", ...this.#named(listed) })
      return live.client
        .callTool({ tool, arguments: given }, { timeout: callMillis })
        .pipe(Effect.catch((error) => this.#failed(live, doing, error)))
    })
  }

  #named({ name }: Listed) {
    return { server: this.#options.server, tool: name }
  }

  #fail(reason: McpError["reason"]): Effect.Effect<never, McpError> {
    return Effect.fail(new McpError({ reason }))
  }

  #doing(what: string, millis: number, tool?: string): Doing {
    const { messageBytesMax, server } = this.#options
    return { server, tool, what, millis, bytesMax: messageBytesMax }
  }

  /** Tells an error of the client, once what it means for the connection is done. */
  #failed(live: Live, doing: Doing, error: McpClientError.McpClientError): Effect.Effect<never, McpError> {
    const told = ofClientError(doing, error)
    if (endsConnection(error)) return Effect.andThen(this.#drop(live), Effect.fail(told))
    if (told.reason._tag !== "CallRefused" || doing.tool === undefined) return Effect.fail(told)
    const { tool } = doing
    // A server may refuse a call because the tool is there no more; it is asked which.
    return live.client.listTools({ timeout: doing.millis }).pipe(
      Effect.catch(() => Effect.fail(told)),
      Effect.flatMap((tools) =>
        tools.some(({ name }) => name === tool)
          ? Effect.fail(told)
          : this.#fail({ _tag: "ToolGone", server: doing.server, tool })
      )
    )
  }

  #drop(live: Live): Effect.Effect<void> {
    return Effect.uninterruptible(
      Effect.suspend(() => {
        if (this.#live === live) this.#live = undefined
        return Scope.close(live.scope, Exit.void)
      })
    )
  }

  #acquire(): Effect.Effect<Live, McpError> {
    return this.#gate.withPermits(1)(
      Effect.suspend(() => {
        const live = this.#live
        if (live === undefined) return this.#open()
        // One that ended while nobody called it has cost no call.
        return Effect.flatMap(live.isThere, (isThere) =>
          isThere ? Effect.succeed(live) : Effect.andThen(this.#drop(live), this.#open())
        )
      })
    )
  }

  #open(): Effect.Effect<Live, McpError> {
    const { connect, startMillis } = this.#options
    const doing = this.#doing("the start of the server and the list of its tools", startMillis)
    return Effect.uninterruptibleMask((restore) =>
      Effect.gen({ self: this }, function* () {
        const scope = yield* Scope.fork(this.#outer)
        const opened = Effect.gen(function* () {
          const connected = yield* Scope.provide(connect, scope)
          const listed = yield* connected.client.listTools({ timeout: startMillis })
          return { ...connected, scope, tools: new Map(listed.map((tool) => [tool.name, tool])) }
        }).pipe(Effect.mapError((error) => ofClientError(doing, error)))
        const inTime = Effect.timeoutOrElse(opened, {
          duration: Duration.millis(startMillis),
          orElse: () =>
            this.#fail({ _tag: "TimedOut", server: doing.server, what: doing.what, millis: startMillis })
        })
        const live = yield* Effect.onError(restore(inTime), () => Scope.close(scope, Exit.void))
        this.#live = live
        return live
      })
    )
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

const hashes = new WeakMap<Listed, string>()

/** Names what a server says of a tool. */
export const hashOf = (listed: Listed): string => {
  const known = hashes.get(listed)
  if (known !== undefined) return known
  const hash = ContentHash.ofJson(listed as never).slice(0, 16)
  hashes.set(listed, hash)
  return hash
}
