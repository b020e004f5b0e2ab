/** The flow that a command is about: a file of YAML, standard input, or an export of a module. */
import { existsSync, readdirSync, statSync } from "node:fs"
import path from "node:path"
import { text as readAll } from "node:stream/consumers"
import { Flow } from "@dagflow/core"
import { type FlowSpec, Suggestion } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { CliFailure } from "../output/CliFailure.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { commandName } from "../output/commandName.ts"
import * as SourceMap from "../run/SourceMap.ts"
import { importModule } from "./importModule.ts"
import type { ReadOptions, YamlFlow, YamlPlace } from "./readYaml.ts"

/** Where a flow comes from, before it is read. */
export type FlowSource =
  | { readonly _tag: "Yaml"; readonly file: string }
  | { readonly _tag: "Input" }
  | { readonly _tag: "Module"; readonly file: string; readonly name: string | undefined }

/** A flow that has been read, with or without problems. */
export interface LoadedFlow extends YamlFlow {
  /** Whether its actions come with it, so that only its own module can run it. */
  readonly isModule: boolean
}

/** Finds the flow that a word means: `flow.yaml`, `flow.ts`, `flow.ts#nightly` or `-`. */
export const find = (word: string): Effect.Effect<FlowSource, CliFailure> => {
  if (word === "-") return Effect.succeed({ _tag: "Input" })
  const hash = word.lastIndexOf("#")
  const isWhole = hash < 0 || existsSync(word)
  const file = isWhole ? word : word.slice(0, hash)
  if (!existsSync(file) || statSync(file).isDirectory()) return Effect.fail(missing(file))
  if (!/\.[cm]?[jt]s$/.test(file)) return Effect.succeed({ _tag: "Yaml", file })
  const name = isWhole ? undefined : word.slice(hash + 1)
  return Effect.succeed({ _tag: "Module", file: path.resolve(file), name })
}

/** The folder that the configuration of a flow is looked for in. */
export const folderOf = (source: FlowSource): string =>
  source._tag === "Input" ? process.cwd() : path.dirname(path.resolve(source.file))

/** Reads a flow. */
export const load = (source: FlowSource, options: ReadOptions): Effect.Effect<LoadedFlow, CliFailure> => {
  const isModule = false
  switch (source._tag) {
    case "Yaml":
      return Effect.map(readLazily({ file: source.file }, options), (flow) => ({ ...flow, isModule }))
    case "Input":
      return Effect.promise(() => readAll(process.stdin)).pipe(
        Effect.flatMap((text) => readLazily({ text }, options)),
        Effect.map((flow) => ({ ...flow, isModule }))
      )
    case "Module":
      return Effect.flatMap(importModule(source.file, "the module"), (module) => pick(module, source))
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

/** Whoever does not read YAML does not wait for its reader to load. */
const readLazily = (from: YamlPlace, options: ReadOptions): Effect.Effect<YamlFlow> =>
  Effect.flatMap(
    Effect.promise(() => import("./readYaml.ts")),
    ({ readYaml }) => readYaml(from, options)
  )

const isDefinition = (value: unknown): value is FlowSpec.FlowSpec =>
  typeof value === "object" && value !== null && "nodes" in value && "name" in value

const isRunnable = (value: unknown): value is Flow.Any | FlowSpec.FlowSpec =>
  Flow.isFlow(value) || isDefinition(value)

/** The export that is meant: the one that is named, else the default, else the only flow that there is. */
const pick = (
  module: Readonly<Record<string, unknown>>,
  { file, name }: FlowSource & { readonly _tag: "Module" }
): Effect.Effect<LoadedFlow, CliFailure> => {
  const flows = Object.keys(module).filter((key) => isRunnable(module[key]))
  const key = name ?? (flows.includes("default") ? "default" : flows.length === 1 ? flows[0] : undefined)
  const definition = key === undefined ? undefined : module[key]
  if (isRunnable(definition)) {
    return Effect.succeed({ definition, problems: [], sources: SourceMap.empty, isModule: true })
  }
  const list = flows.length === 0 ? "it exports no flow" : `it exports the flows ${flows.join(", ")}`
  const what = name === undefined ? "no flow to run" : `no flow "${name}"`
  return Effect.fail(
    new CliFailure({
      exit: ExitCode.notFound,
      code: "FlowNotFound",
      message: `the module ${file} has ${what}: ${list}`,
      next: flows
        .slice(0, 3)
        .map((flow) => `${commandName()} run ${path.relative(process.cwd(), file)}#${flow}`)
    })
  )
}

const missing = (file: string): CliFailure => {
  const isFolder = existsSync(file)
  const folder = isFolder ? file : path.dirname(file)
  const names = existsSync(folder) ? readdirSync(folder) : []
  const near = isFolder
    ? names.find((name) => /\.ya?ml$/.test(name))
    : Suggestion.nearest(path.basename(file), Suggestion.vocabulary(names))
  const what = isFolder ? `${file} is a folder, not a flow` : `there is no file ${file}`
  return new CliFailure({
    exit: ExitCode.notFound,
    code: "FileNotFound",
    message: what,
    next: near === undefined ? [] : [`did you mean ${path.join(folder, near)}?`]
  })
}
