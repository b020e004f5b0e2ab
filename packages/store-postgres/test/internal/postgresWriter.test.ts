import { expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { PostgresSession } from "../../src/internal/postgresSession.ts"
import { postgresSettings } from "../../src/internal/postgresSettings.ts"
import { PostgresWriter } from "../../src/internal/postgresWriter.ts"
import type { WriteKind } from "../../src/internal/writeKind.ts"
import { WriterSession } from "../../src/internal/writerSession.ts"

/** A connection that is there, and that no kind of this test asks anything. */
class IdleSession extends WriterSession {
  drops = 0
  override get current(): PostgresSession | undefined {
    return { startedAt: "now" } as PostgresSession
  }
  override get drop(): Effect.Effect<void> {
    return Effect.sync(() => void this.drops++)
  }
}

const kind = (write: WriteKind<string, string>["write"]): WriteKind<string, string> => ({
  operation: "test",
  runIdOf: (id) => id,
  rowsOf: () => 1,
  bytesOf: () => 1,
  keyOf: (id) => id,
  write,
  settle: (_, ids) => Effect.succeed(ids.map(() => "absent")),
  changedBy: (id) => id
})

it.effect("a mistake in one batch ends those who asked for it, and nobody else", () =>
  Effect.gen(function* () {
    const settings = yield* Effect.orDie(postgresSettings({ url: "postgres://localhost/none" }))
    const clock = yield* Clock.Clock
    const sessions = new IdleSession(settings, "1", clock)
    const writer = new PostgresWriter(settings, sessions, clock, () => {})
    const running = yield* Effect.forkChild(writer.run)
    const wrong = kind(() => Effect.die(new RangeError("a text that is too long for a text")))
    const right = kind((_, ids) => Effect.succeed(ids.map((id) => Exit.succeed(id))))
    const asked = [writer.write(wrong, "a"), writer.write(wrong, "b"), writer.write(right, "c")]
    const exits = yield* Effect.all(asked.map(Effect.exit), { concurrency: "unbounded" })
    expect(exits.map(({ _tag }) => _tag)).toEqual(["Failure", "Failure", "Success"])
    expect(exits.map((exit) => Exit.hasDies(exit))).toEqual([true, true, false])
    expect(sessions.drops).toBe(1)
    expect(yield* writer.write(right, "later")).toBe("later")
    yield* Fiber.interrupt(running)
  })
)
