/**
 * A connection between a store and its server that is cut at a chosen moment of the protocol. It knows of the protocol only
 * what it needs: that a message is a letter, a length and content, that `Bind` names a prepared statement, that `Sync` makes
 * the server commit, and that the server is `Ready` only after that.
 */
import { changeUrl } from "@dagflow/internal-test-postgres"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"

/**
 * When a connection is cut.
 * - `before-commit`: the server has carried the statement out, and is never told to commit it.
 * - `after-commit`: the server has committed it, and its answer never arrives.
 * - `held`: as `before-commit`, but the server is not told that the connection is gone: `deliver` tells it to commit.
 * - `silent`: the connection stays, and nothing that the server says to the statement or later ever arrives.
 */
export type Moment = "before-commit" | "after-commit" | "held" | "silent"

/** A proxy that is gone when the scope ends. */
export interface PostgresProxy {
  /** The server's address, by way of the proxy. */
  readonly url: string
  /** How often each prepared statement was sent so far. */
  readonly sent: (statement: string) => number
  /** Cuts the connection on which a statement is sent next; the promise ends when that has happened. */
  readonly cut: (statement: string, moment: Moment) => Promise<void>
  /** Lets the server commit what was held. */
  readonly deliver: () => void
  /** Turns new connections away, or lets them in again. Those that there are stay. */
  readonly close: (isClosed: boolean) => void
  /** How many connections were turned away so far. */
  readonly refused: () => number
}

/** What a proxy does to everything that passes. */
export interface ProxyOptions {
  /** Tells clients another number of their server process than the server does, as poolers do. */
  readonly hidesProcess?: boolean
}

interface Message {
  readonly type: string
  readonly bytes: Buffer
}

/** Takes a stream of bytes apart. The first message of a client has no letter. */
const framer = (hasStartup: boolean): ((chunk: Buffer) => ReadonlyArray<Message>) => {
  let rest = Buffer.alloc(0)
  let isStartup = hasStartup
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const messages: Array<Message> = []
    for (;;) {
      const head = isStartup ? 0 : 1
      if (rest.length < head + 4) return messages
      const length = head + rest.readInt32BE(head)
      if (rest.length < length) return messages
      const type = isStartup ? "startup" : String.fromCharCode(rest[0] ?? 0)
      messages.push({ type, bytes: rest.subarray(0, length) })
      rest = rest.subarray(length)
      isStartup = false
    }
  }
}

/** The statement that a `Bind` message names, after the name of its portal. */
const statementOf = (bytes: Buffer): string => {
  const start = bytes.indexOf(0, 5) + 1
  return bytes.toString("utf8", start, bytes.indexOf(0, start))
}

interface Order {
  readonly statement: string
  readonly moment: Moment
  readonly done: () => void
}

interface Desk {
  order: Order | undefined
  held: (() => void) | undefined
  isClosed: boolean
  refused: number
  readonly sent: Map<string, number>
  readonly options: ProxyOptions
}

/** Hides the number of the server process: a `BackendKeyData` message holds it after its head. */
const disguise = ({ bytes, type }: Message): Buffer => {
  if (type !== "K") return bytes
  const changed = Buffer.from(bytes)
  changed.writeInt32BE(bytes.readInt32BE(5) ^ 1, 5)
  return changed
}

const serve = (desk: Desk, client: Socket, server: Socket): void => {
  const end = () => {
    client.destroy()
    server.destroy()
  }
  for (const socket of [client, server]) {
    socket.setNoDelay(true)
    socket.on("error", end)
  }
  client.on("close", () => desk.held === undefined && server.destroy())
  server.on("close", () => client.destroy())
  let current: Order | undefined
  const [fromClient, fromServer] = [framer(true), framer(false)]
  client.on("data", (chunk: Buffer) => {
    for (const message of fromClient(chunk)) {
      if (message.type === "B") {
        const statement = statementOf(message.bytes)
        desk.sent.set(statement, (desk.sent.get(statement) ?? 0) + 1)
        if (desk.order?.statement === statement) [current, desk.order] = [desk.order, undefined]
      }
      const isCutHere = current?.moment === "before-commit" || current?.moment === "held"
      if (message.type === "S" && current !== undefined && isCutHere) {
        if (current.moment === "held") {
          desk.held = () => void server.write(message.bytes)
          client.destroy()
        } else end()
        return current.done()
      }
      server.write(message.bytes)
    }
  })
  server.on("data", (chunk: Buffer) => {
    for (const message of fromServer(chunk)) {
      if (current !== undefined) {
        if (message.type === "Z" && current.moment === "after-commit") {
          end()
          return current.done()
        }
        if (message.type === "Z" && current.moment === "silent") current.done()
        continue
      }
      client.write(desk.options.hidesProcess === true ? disguise(message) : message.bytes)
    }
  })
}

/** Starts a proxy before a server. */
export const startProxy = (
  url: string,
  options: ProxyOptions = {}
): Effect.Effect<PostgresProxy, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const { hostname, port } = new URL(url)
        const desk: Desk = {
          order: undefined,
          held: undefined,
          isClosed: false,
          refused: 0,
          sent: new Map(),
          options
        }
        const sockets = new Set<Socket>()
        const listener = createServer((client) => {
          if (desk.isClosed) {
            desk.refused++
            client.destroy()
            return
          }
          const server = connect(Number(port), hostname)
          for (const socket of [client, server]) sockets.add(socket)
          serve(desk, client, server)
        }).listen(0, "127.0.0.1")
        await once(listener, "listening")
        return { desk, listener, sockets }
      }),
      ({ listener, sockets }) =>
        Effect.sync(() => {
          listener.close()
          for (const socket of sockets) socket.destroy()
        })
    ),
    ({ desk, listener }) => {
      const address = listener.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      return {
        url: changeUrl(url, { port }),
        sent: (statement) => desk.sent.get(statement) ?? 0,
        cut: (statement, moment) =>
          new Promise((done) => {
            desk.order = { statement, moment, done }
          }),
        deliver: () => {
          desk.held?.()
          desk.held = undefined
        },
        close: (isClosed) => {
          desk.isClosed = isClosed
        },
        refused: () => desk.refused
      }
    }
  )
