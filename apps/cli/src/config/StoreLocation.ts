/** Where runs are kept, as the command line and the configuration name it. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import path from "node:path"
import type { StoreDriver } from "@dagflow/protocol"
import type * as StorePostgres from "@dagflow/store-postgres"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { CliFailure } from "../output/CliFailure.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { shellWord } from "../output/Phrase.ts"
import type { LoadedConfig } from "./ConfigFile.ts"

/** Where runs are kept when nobody says otherwise. */
export const fallback = "sqlite:.dagflow/flow.db"

/** Where runs are kept. */
export type StoreLocation =
  | { readonly _tag: "Memory"; readonly text: string; readonly option: string }
  | { readonly _tag: "Sqlite"; readonly text: string; readonly option: string; readonly file: string }
  | { readonly _tag: "Postgres"; readonly text: string; readonly option: string; readonly url: string }
  | {
      readonly _tag: "Layer"
      readonly text: string
      readonly option: string
      readonly layer: Layer.Layer<StoreDriver, unknown>
    }

/**
 * Settles where runs are kept: `--store` wins over `DAGFLOW_STORE`, which wins over the configuration. `option` of the
 * result is what a suggested command has to repeat.
 */
export const resolve = (
  flag: string | undefined,
  config: LoadedConfig,
  env: Readonly<Record<string, string | undefined>> = process.env
): Effect.Effect<StoreLocation, CliFailure> => {
  if (flag !== undefined) return parse(flag, process.cwd(), "--store", ` --store ${shellWord(flag)}`)
  const variable = env["DAGFLOW_STORE"]
  if (variable !== undefined && variable !== "") return parse(variable, process.cwd(), "DAGFLOW_STORE", "")
  const { file = "", store } = config
  if (typeof store === "string") return parse(store, path.dirname(file), `"store" of ${file}`, "")
  if (store !== undefined) {
    return Effect.succeed({
      _tag: "Layer",
      text: `the store of ${path.basename(file)}`,
      option: "",
      layer: store
    })
  }
  return parse(fallback, process.cwd(), "the default", "")
}

/** Whether there is a store already; one that is missing has no runs, and only `run` makes one. */
export const exists = (location: StoreLocation): boolean =>
  location._tag !== "Sqlite" || existsSync(location.file)

/**
 * Whether opening a database may make its tables or bring them to this release. Only `run` may: whoever just looks does not
 * lock older processes out.
 */
export type Tables = "make" | "leave"

/** Opens a store. Its folder is made if missing; the default one is kept out of version control. */
export const open = (
  location: StoreLocation,
  tables: Tables = "leave"
): Effect.Effect<Layer.Layer<StoreDriver, unknown>, CliFailure> => {
  switch (location._tag) {
    case "Layer":
      return Effect.succeed(location.layer)
    case "Memory":
      return Effect.promise(async () => (await import("@dagflow/store-memory")).MemoryStore.layer)
    case "Postgres":
      return Effect.map(postgresPackage, ({ PostgresStore }) =>
        PostgresStore.layer({ url: location.url, migrate: tables === "make" })
      )
    case "Sqlite":
      return Effect.andThen(
        makeFolder(location.file),
        // The database driver is native code: whoever does not use it does not wait for it.
        Effect.promise(async () =>
          (await import("@dagflow/store-sqlite")).SqliteStore.layer({ filename: location.file })
        )
      )
  }
}

/** Loads `@dagflow/store-postgres`, which whoever uses it has installed beside the command. */
export const postgresPackage: Effect.Effect<typeof StorePostgres, CliFailure> = Effect.tryPromise({
  try: () => import("@dagflow/store-postgres"),
  catch: (error) =>
    new CliFailure({
      exit: ExitCode.usage,
      code: "MissingPackage",
      message: `runs in PostgreSQL need @dagflow/store-postgres, which cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
      next: ["install it where dagflow is installed: npm install @dagflow/store-postgres"]
    })
})

/** The address of a database as it may be shown: without its password. */
export const withoutPassword = (url: string): string => {
  const shown = new URL(url)
  if (shown.password !== "") shown.password = "***"
  return shown.href
}

/**
 * The file that an address means: `sqlite:PATH` from a folder, `sqlite:///ABSOLUTE`, and on Windows also `sqlite:C:\PATH` and
 * `sqlite:///C:/PATH`. The path is taken as it stands: a space is a space. `paths` is that of the platform; tests give another.
 */
export const sqliteFile = (
  text: string,
  folder: string,
  paths: path.PlatformPath = path
): string | undefined => {
  const file = /^sqlite:(?:\/\/(?=\/)|(?!\/\/))(.+)$/.exec(text)?.[1]
  if (file === undefined) return undefined
  const isDrive = paths.sep === "\\" && /^\/[a-z]:/i.test(file)
  return paths.resolve(folder, isDrive ? file.slice(1) : file)
}

// -- internal -------------------------------------------------------------------------------------------------------

const parse = (
  text: string,
  folder: string,
  source: string,
  option: string
): Effect.Effect<StoreLocation, CliFailure> => {
  if (/^memory:(\/\/)?$/.test(text)) return Effect.succeed({ _tag: "Memory", text, option })
  if (text === "sqlite::memory:") return Effect.succeed({ _tag: "Memory", text, option })
  const file = sqliteFile(text, folder)
  if (file !== undefined) return Effect.succeed({ _tag: "Sqlite", text, option, file })
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) {
    const shown = withoutPassword(text)
    const repeated = option === "" ? "" : ` --store ${shellWord(shown)}`
    return Effect.succeed({ _tag: "Postgres", text: shown, option: repeated, url: text })
  }
  const host = /^sqlite:\/\/([^/]+)(.*)$/.exec(text)
  const meant = host === null ? undefined : `a file has no host: write sqlite:${host[1]}${host[2]}`
  return Effect.fail(
    new CliFailure({
      exit: ExitCode.usage,
      code: "InvalidStore",
      message: `${source}: "${text}" is no store`,
      next: [
        meant ??
          "use sqlite:PATH, for instance --store sqlite:flow.db, postgres://USER@HOST/DATABASE, or memory: for a run that may be lost"
      ]
    })
  )
}

const makeFolder = (file: string): Effect.Effect<void, CliFailure> =>
  Effect.try({
    try: () => {
      const folder = path.dirname(file)
      if (existsSync(folder)) return
      mkdirSync(folder, { recursive: true })
      if (path.basename(folder) === ".dagflow") writeFileSync(path.join(folder, ".gitignore"), "*\n")
    },
    catch: (error) =>
      new CliFailure({
        exit: ExitCode.store,
        code: "Unavailable",
        message: `the folder of the store ${file} cannot be made: ${error instanceof Error ? error.message : String(error)}`
      })
  })
