/** Bugs about what is shown to those who follow live, each with the test that finds it. */
import { emitUnheard, liveParking, livePlaces } from "./NamedTests.ts"
import { bug, edit, type PlantedBug } from "./PlantedBug.ts"

/** Bugs about live streams. */
export const live: ReadonlyArray<PlantedBug> = [
  bug(
    "what is emitted is copied for nobody",
    emitUnheard,
    edit(
      "core/src/engine/Attempt.ts",
      "if (!this.#host.isFollowed()) return\n    // Emitting never fails",
      "// Emitting never fails"
    )
  ),
  bug(
    "what is emitted overtakes the events before it",
    livePlaces,
    edit("core/src/engine/Feed.ts", "reader.push(message, this.#sequence)", "reader.push(message, 0)")
  ),
  bug(
    "a reader of the log reads past what was emitted",
    livePlaces,
    edit("core/src/engine/Feed.ts", "Math.min(reader.nextAfter, this.#sequence)", "this.#sequence")
  ),
  bug(
    "whoever follows a parked run is not told that it goes on here",
    liveParking,
    edit("core/src/engine/Engine.ts", "this.#launches.tell(runId)\n", "")
  )
]
