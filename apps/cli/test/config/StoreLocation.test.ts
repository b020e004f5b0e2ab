import path from "node:path"
import { describe, expect, it } from "@effect/vitest"
import { MemoryStore } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as ConfigFile from "../../src/config/ConfigFile.ts"
import * as StoreLocation from "../../src/config/StoreLocation.ts"

const config = { file: "/project/dagflow.config.ts", store: "sqlite:runs/a.db" }

describe("StoreLocation", () => {
  it.effect("takes the flag over the variable over the configuration over the default", () =>
    Effect.gen(function* () {
      const of = (flag: string | undefined, env: Record<string, string>, from: ConfigFile.LoadedConfig) =>
        Effect.map(StoreLocation.resolve(flag, from, env), ({ option, text }) => ({ text, option }))
      const variable = { DAGFLOW_STORE: "sqlite:v.db" }
      expect(yield* of("memory:", variable, config)).toEqual({ text: "memory:", option: " --store memory:" })
      expect(yield* of(undefined, variable, config)).toEqual({ text: "sqlite:v.db", option: "" })
      expect(yield* of(undefined, { DAGFLOW_STORE: "" }, config)).toEqual({ text: config.store, option: "" })
      expect((yield* of(undefined, {}, ConfigFile.none)).text).toBe(StoreLocation.fallback)
    })
  )

  it.effect("finds files from the working folder, and those of a configuration from its own", () =>
    Effect.gen(function* () {
      const file = (location: StoreLocation.StoreLocation) =>
        location._tag === "Sqlite" ? location.file : location._tag
      expect(file(yield* StoreLocation.resolve("sqlite:a.db", config, {}))).toBe(path.resolve("a.db"))
      expect(file(yield* StoreLocation.resolve("sqlite:///tmp/a.db", config, {}))).toBe("/tmp/a.db")
      expect(file(yield* StoreLocation.resolve(undefined, config, {}))).toBe("/project/runs/a.db")
      expect(file(yield* StoreLocation.resolve("sqlite::memory:", config, {}))).toBe("Memory")
    })
  )

  it.each([
    ["sqlite:C:\\data\\my runs.db", "C:\\data\\my runs.db"],
    ["sqlite:C:/data/runs.db", "C:\\data\\runs.db"],
    ["sqlite:///C:/data/runs.db", "C:\\data\\runs.db"],
    ["sqlite:runs\\über.db", "D:\\work\\runs\\über.db"],
    ["sqlite:../runs.db", "D:\\runs.db"],
    ["sqlite:\\\\server\\share\\runs.db", "\\\\server\\share\\runs.db"]
  ])("finds on Windows the file that %s means", (text, file) => {
    expect(StoreLocation.sqliteFile(text, "D:\\work", path.win32)).toBe(file)
  })

  it.each([
    ["sqlite:///data/my runs.db", "/data/my runs.db"],
    ["sqlite:runs/%20ü.db", "/work/runs/%20ü.db"],
    ["sqlite:C:\\runs.db", "/work/C:\\runs.db"]
  ])("finds elsewhere the file that %s means", (text, file) => {
    expect(StoreLocation.sqliteFile(text, "/work", path.posix)).toBe(file)
  })

  it.effect("says of an address with a host what was meant", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(StoreLocation.resolve("sqlite://data/flow.db", ConfigFile.none, {}))
      expect(failure.next).toEqual(["a file has no host: write sqlite:data/flow.db"])
    })
  )

  it.effect("takes a layer of any store from the configuration", () =>
    Effect.gen(function* () {
      const location = yield* StoreLocation.resolve(undefined, { ...config, store: MemoryStore.layer }, {})
      expect(location._tag).toBe("Layer")
      expect(yield* StoreLocation.open(location)).toBe(MemoryStore.layer)
    })
  )

  it.effect("takes the address of a database, and shows it without its password", () =>
    Effect.gen(function* () {
      const url = "postgres://ada:secret@db.example.org/runs?schema=flows"
      const named = yield* StoreLocation.resolve(url, config, {})
      expect(named).toMatchObject({ _tag: "Postgres", url })
      const shown = "postgres://ada:***@db.example.org/runs?schema=flows"
      expect([named.text, named.option]).toEqual([shown, ` --store '${shown}'`])
      const known = yield* StoreLocation.resolve(undefined, config, { DAGFLOW_STORE: url })
      expect([known.text, known.option]).toEqual([shown, ""])
      expect(StoreLocation.exists(known)).toBe(true)
    })
  )

  it.effect.each(["flow.db", "sqlite:", ""])("refuses %j and says what it takes", (text) =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(StoreLocation.resolve(text, ConfigFile.none, {}))
      expect(failure.exit).toBe(2)
      expect(failure.next?.[0]).toContain("sqlite:PATH")
    })
  )
})
