import { accessSync, constants, existsSync } from "node:fs"
import path from "node:path"
import type { StoreDriverShape } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as OpenedStore from "../config/OpenedStore.ts"
import type * as StoreLocation from "../config/StoreLocation.ts"
import { ExitCode } from "../output/ExitCode.ts"
import * as Finding from "./Finding.ts"

/** A store that was looked at; without a driver it was not opened. */
export interface CheckedStore {
  readonly finding: Finding.Finding
  readonly driver?: StoreDriverShape
}

/** Looks whether a store is there, whether this release reads it, and whether it opens. It writes and migrates nothing. */
export const checkStore = (
  location: StoreLocation.StoreLocation
): Effect.Effect<CheckedStore, never, Scope.Scope> =>
  Effect.gen(function* () {
    if (location._tag === "Memory") {
      return { finding: Finding.ok("store", `${location.text} keeps runs no longer than their process`) }
    }
    let about = ""
    if (location._tag === "Sqlite") {
      if (!existsSync(location.file)) return { finding: missing(location) }
      const looked = yield* inspect(location)
      if ("result" in looked) return { finding: looked }
      about = `, schema version ${looked.version}`
    }
    const opened = yield* Effect.result(OpenedStore.open(location))
    if (Result.isFailure(opened)) {
      return { finding: Finding.ofFailure("store", opened.failure, "see what the message says") }
    }
    const { driver } = opened.success
    return { finding: Finding.ok("store", `${location.text} opens${about}`), driver }
  })

// -- internal -------------------------------------------------------------------------------------------------------

type SqliteLocation = Extract<StoreLocation.StoreLocation, { readonly _tag: "Sqlite" }>

/** The first run makes the file, if it may. */
const missing = ({ file, text }: SqliteLocation): Finding.Finding => {
  let folder = path.dirname(file)
  while (!existsSync(folder)) folder = path.dirname(folder)
  return isWritable(folder)
    ? Finding.ok("store", `${text} does not exist yet; the first run makes it`)
    : Finding.error(
        "store",
        `${text} does not exist, and this user may not write to ${folder}`,
        `give this user the right to write to ${folder}, or choose another place with --store sqlite:PATH`,
        ExitCode.store
      )
}

const isWritable = (place: string): boolean => {
  try {
    accessSync(place, constants.W_OK)
    return true
  } catch {
    // That is the answer.
    return false
  }
}

/** The version of the tables, or what stands in the way of opening the file. */
const inspect = ({
  file,
  text
}: SqliteLocation): Effect.Effect<{ readonly version: number } | Finding.Finding> =>
  Effect.gen(function* () {
    const { SqliteFile } = yield* Effect.promise(() => import("@dagflow/store-sqlite"))
    const looked = yield* Effect.result(SqliteFile.inspect(file))
    const fail = (why: string, fix: string) => Finding.error("store", `${text}: ${why}`, fix, ExitCode.store)
    if (Result.isFailure(looked)) {
      const { reason } = looked.failure
      const said = "message" in reason ? reason.message : looked.failure.message
      // It ends with what to do.
      const place = said.lastIndexOf(": ")
      return fail(said.slice(0, Math.max(0, place)), said.slice(place + 2))
    }
    const { currentVersion, state, version } = looked.success
    if (state === "foreign") return fail("a database of another program", "choose another file")
    if (state === "newer") {
      return fail(
        `schema version ${version}, and this release reads up to ${currentVersion}`,
        "update @dagflow/cli to the release that wrote it"
      )
    }
    if (state === "outdated") {
      return Finding.warning(
        "store",
        `${text}: schema version ${version}, this release writes ${currentVersion}; the next command brings it there`,
        "copy the file if an older release has to read it again"
      )
    }
    if (!isWritable(file)) {
      return fail("this user may read it and not write it", `give this user the right to write ${file}`)
    }
    return { version }
  })
