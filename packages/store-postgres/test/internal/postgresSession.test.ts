import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { once } from "node:events"
import { createServer, type Socket } from "node:net"
import { openSession } from "../../src/internal/postgresSession.ts"
import { postgresSettings } from "../../src/internal/postgresSettings.ts"

/** A server that takes connections and never says anything. */
const mute = Effect.acquireRelease(
  Effect.promise(async () => {
    const sockets: Array<Socket> = []
    const server = createServer((socket) => void sockets.push(socket)).listen(0, "127.0.0.1")
    await once(server, "listening")
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    return { server, sockets, url: `postgres://127.0.0.1:${port}/none` }
  }),
  ({ server, sockets }) =>
    Effect.sync(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
)

it.live("whoever is interrupted while it connects leaves no connection behind", () =>
  Effect.gen(function* () {
    const { server, sockets, url } = yield* mute
    const settings = yield* Effect.orDie(postgresSettings({ url, connectTimeout: "1 hour" }))
    const connected = once(server, "connection")
    const opening = yield* Effect.forkChild(openSession(settings), { startImmediately: true })
    yield* Effect.promise(() => connected)
    const closed = once(sockets[0] ?? expect.fail("nobody connected"), "close")
    sockets[0]?.resume()
    yield* Fiber.interrupt(opening)
    yield* Effect.promise(() => closed)
  })
)
