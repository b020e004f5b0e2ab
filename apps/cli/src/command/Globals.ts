/** The flags that every command takes. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import type { LogFormat } from "../run/LogSink.ts"

const store = GlobalFlag.Setting("store")({
  flag: Flag.String("store").pipe(
    Flag.optional,
    Flag.withMetavar("<url>"),
    Flag.withDescription(
      "Where runs are kept: sqlite:PATH, postgres://… or memory: (default sqlite:.dagflow/flow.db; also DAGFLOW_STORE)"
    )
  )
})

const config = GlobalFlag.Setting("config")({
  flag: Flag.String("config").pipe(
    Flag.optional,
    Flag.withMetavar("<file>"),
    Flag.withDescription("Configuration file (default: the nearest dagflow.config.ts, .js or .mjs)")
  )
})

const json = GlobalFlag.Setting("json")({
  flag: Flag.Boolean("json").pipe(
    Flag.withDefault(false),
    Flag.withoutNegation,
    Flag.withDescription("Print the answer as JSON: one document, or one line per event")
  )
})

const progress = GlobalFlag.Setting("progress")({
  flag: Flag.Literals("progress", ["auto", "tty", "plain", "json", "quiet"]).pipe(
    Flag.withDefault("auto"),
    Flag.withDescription("How a run is shown while it goes on (also DAGFLOW_PROGRESS)")
  )
})

const color = GlobalFlag.Setting("color")({
  flag: Flag.Literals("color", ["auto", "always", "never"]).pipe(
    Flag.withDefault("auto"),
    Flag.withDescription("Whether to colour texts (also NO_COLOR, FORCE_COLOR)")
  )
})

const noColor = GlobalFlag.Setting("no-color")({
  flag: Flag.Boolean("no-color").pipe(
    Flag.withDefault(false),
    Flag.withoutNegation,
    Flag.withDescription("The same as --color never")
  )
})

const quiet = GlobalFlag.Setting("quiet")({
  flag: Flag.Boolean("quiet").pipe(
    Flag.withAlias("q"),
    Flag.withDefault(false),
    Flag.withoutNegation,
    Flag.withDescription("Show no progress and no log lines")
  )
})

const verbose = GlobalFlag.Setting("verbose")({
  flag: Flag.Boolean("verbose").pipe(
    Flag.withAlias("v"),
    Flag.withDefault(false),
    Flag.withoutNegation,
    Flag.withDescription("Also show which nodes start, and debug log lines")
  )
})

const noInput = GlobalFlag.Setting("no-input")({
  flag: Flag.Boolean("no-input").pipe(
    Flag.withDefault(false),
    Flag.withoutNegation,
    Flag.withDescription("Never ask anything (dagflow asks nothing so far)")
  )
})

const directory = GlobalFlag.Setting("directory")({
  flag: Flag.String("directory").pipe(
    Flag.withAlias("C"),
    Flag.optional,
    Flag.withMetavar("<dir>"),
    Flag.withDescription("Work in this folder")
  )
})

const logFormat = GlobalFlag.Setting("log-format")({
  flag: Flag.Literals("log-format", ["text", "json"]).pipe(
    Flag.withDefault("text"),
    Flag.withDescription("How log lines of actions look")
  )
})

/** All of them, in the order in which help lists them. */
export const settings = [
  store,
  config,
  json,
  progress,
  color,
  noColor,
  quiet,
  verbose,
  noInput,
  directory,
  logFormat
] as const

/** The names of flags that every command takes, for suggestions. */
export const names: ReadonlyArray<string> = [
  "store",
  "config",
  "json",
  "progress",
  "color",
  "no-color",
  "quiet",
  "verbose",
  "no-input",
  "directory",
  "log-format",
  "help",
  "version",
  "completions"
]

/** The flags that every command takes, as they were given. */
export interface Globals {
  readonly store: string | undefined
  readonly config: string | undefined
  readonly json: boolean
  readonly verbose: boolean
  readonly directory: string | undefined
  readonly logFormat: LogFormat
}

/** Reads the flags that every command takes. */
export const read = Effect.gen(function* () {
  return {
    store: Option.getOrUndefined(yield* store),
    config: Option.getOrUndefined(yield* config),
    json: yield* json,
    verbose: yield* verbose,
    directory: Option.getOrUndefined(yield* directory),
    logFormat: yield* logFormat
  } satisfies Globals
})

/**
 * What the output goes by, looked up in the words themselves: it is needed before they are parsed, to say that they
 * cannot be.
 */
export const outputOptions = (words: ReadonlyArray<string>) => {
  const flags = words.includes("--") ? words.slice(0, words.indexOf("--")) : words
  const valueOf = (name: string): string | undefined => {
    const place = flags.lastIndexOf(`--${name}`)
    const joined = flags.findLast((word) => word.startsWith(`--${name}=`))
    return joined?.slice(name.length + 3) ?? (place < 0 ? undefined : flags[place + 1])
  }
  const has = (name: string, letter?: string): boolean =>
    flags.includes(`--${name}`) ||
    (letter !== undefined && flags.some((word) => /^-[a-zA-Z]+$/.test(word) && word.includes(letter)))
  const color = has("no-color") ? "never" : oneOf(["auto", "always", "never"], valueOf("color"))
  const progress = oneOf(["auto", "tty", "plain", "json", "quiet"], valueOf("progress"))
  return { json: has("json"), quiet: has("quiet", "q"), verbose: has("verbose", "v"), color, progress }
}

const oneOf = <A extends string>(choices: ReadonlyArray<A>, value: string | undefined): A | undefined =>
  choices.find((one) => one === value)
