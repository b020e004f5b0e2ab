/**
 * Flows as YAML: from text to `FlowSpec` and back.
 *
 * The format is described in the guide on flows in YAML. Every problem of a text is found at once, and each says where
 * it is. What a text means is never guessed: an unknown key is an error, and so is a key whose feature does not exist.
 */
import { DefinitionError, Expression, type FlowSpec, type Problem } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as FlowSource from "./FlowSource.ts"
import { assemble } from "./internal/assemble.ts"
import * as Cursor from "./internal/cursor.ts"
import * as EditorSchema from "./internal/editorSchema.ts"
import * as Findings from "./internal/findings.ts"
import * as LoadFiles from "./internal/loadFiles.ts"
import * as ReadExpression from "./internal/readExpression.ts"
import * as ReadIncludes from "./internal/readIncludes.ts"
import * as SourceText from "./internal/sourceText.ts"
import { writeFlow } from "./internal/writeFlow.ts"
import * as YamlFile from "./internal/yamlFile.ts"
import * as YamlLimits from "./YamlLimits.ts"

/** What a definition is read with. */
export interface Options {
  /** Names of the actions that nodes may use; left out, they are not checked. */
  readonly actions?: Iterable<string> | undefined
  /**
   * Looks a variable of the environment up, as `(name) => process.env[name]` does. A `${env.NAME}` whose variable is
   * missing is then an error at its place. Left out, variables are not checked. Values never enter the definition.
   */
  readonly environment?: ((name: string) => string | undefined) | undefined
  /** Limits other than those of `YamlLimits.defaults`. */
  readonly limits?: Partial<YamlLimits.YamlLimits> | undefined
}

/** What a text is read with. */
export interface TextOptions extends Options {
  /** What messages call the text; default `<text>`. */
  readonly file?: string | undefined
}

/** What the schema for editors is made with. */
export interface SchemaOptions {
  /** Names of the actions that nodes may use, for completion; left out, any text is an action. */
  readonly actions?: Iterable<string> | undefined
}

/**
 * Reads a flow from a text.
 *
 * **Failures**
 * - `DefinitionError`: the text has problems. All of them are in it, each with its place, the lines around it and, where
 *   a name is close to a known one, a suggestion. Warnings are in it too, but do not fail by themselves.
 *
 * **Gotchas**
 * A text cannot include files, since it is in no folder: use `load`.
 *
 * **Example**
 * ```ts
 * const flow = Effect.runSync(FlowYaml.parse(`
 * name: nightly
 * nodes:
 *   fetch: { action: http, inputs: { url: inputs.url } }
 *   report: { action: print, inputs: { rows: fetch.body } }
 * `))
 * flow.nodes[1]?.dependencies // => ["fetch"]
 * ```
 *
 * @see {@link inspect} for warnings and places
 */
export const parse = (
  text: string,
  options?: TextOptions
): Effect.Effect<FlowSpec.FlowSpec, DefinitionError> => Effect.flatMap(inspect(text, options), flowOf)

/**
 * Reads a flow from a file, with all files that it includes.
 *
 * **Failures**
 * - `DefinitionError`, as of `parse`. A file that cannot be read is a problem like others, with the reason.
 */
export const load = (
  path: string,
  options?: Options
): Effect.Effect<FlowSpec.FlowSpec, DefinitionError, FileSystem.FileSystem | Path.Path> =>
  Effect.flatMap(inspectFile(path, options), flowOf)

/**
 * Reads all flows of a folder, sorted by name: its files that end in `.yaml` or `.yml`, without those of folders in it.
 * Files whose name begins with `.` or `_` are left out, so that the latter can hold what others include.
 *
 * **Failures**
 * - `DefinitionError`: some file has problems, two files hold flows of one name, or the folder cannot be read. The
 *   problems of all files are in it.
 */
export const loadDirectory = (
  path: string,
  options?: Options
): Effect.Effect<ReadonlyArray<FlowSpec.FlowSpec>, DefinitionError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const sources = yield* inspectDirectory(path, options)
    const problems = [...sources.flatMap((source) => source.problems), ...sameNames(sources)]
    if (problems.some(({ severity }) => severity === "error")) return yield* new DefinitionError({ problems })
    return sources.flatMap(({ flow }) => flow ?? []).sort((a, b) => (a.name < b.name ? -1 : 1))
  })

/** Reads a flow from a text and never fails: what is wrong is in the result, beside the places of what is right. */
export const inspect = (text: string, options: TextOptions = {}): Effect.Effect<FlowSource.FlowSource> =>
  Effect.sync(() => {
    const reading = readingOf(options, false)
    const file = options.file ?? "<text>"
    const source = SourceText.make(file, text.startsWith("\ufeff") ? text.slice(1) : text)
    const yaml = YamlFile.read(source, reading.limits, reading.findings)
    const root = Cursor.root(reading, yaml)
    for (const { place } of root === undefined ? [] : ReadIncludes.read(root)) {
      const message = "a text cannot include files: load the flow from a file"
      Findings.report(reading.findings, place, { code: "UnreadableFile", message })
      reading.isPartial = true
    }
    return assemble(reading, { file: yaml, included: [], flows: [] }, [file], options)
  }).pipe(afterLoading([text]))

/** Reads a flow from a file, as `inspect` does from a text. */
export const inspectFile = (
  path: string,
  options: Options = {}
): Effect.Effect<FlowSource.FlowSource, never, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const reading = readingOf(options, true)
    const { files, tree } = yield* LoadFiles.load(reading, path)
    if (tree !== undefined) {
      const read = Effect.sync(() => assemble(reading, tree, files, options))
      return yield* afterLoading(LoadFiles.textsOf(tree))(read)
    }
    const problems = Findings.problems(reading.findings, files)
    return { flow: undefined, problems, environment: [], files, map: undefined }
  })

/** Reads all flows of a folder, as `inspect` does, file by file in the order of their names; see `loadDirectory`. */
export const inspectDirectory = (
  path: string,
  options: Options = {}
): Effect.Effect<ReadonlyArray<FlowSource.FlowSource>, DefinitionError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fileSystem = yield* FileSystem.FileSystem
    const { join } = yield* Path.Path
    const names = yield* fileSystem.readDirectory(path).pipe(
      Effect.mapError(({ reason }) => {
        const message =
          reason._tag === "NotFound"
            ? `there is no folder "${path}"`
            : `the folder "${path}" cannot be read: ${reason.message}`
        return new DefinitionError({
          problems: [{ code: "UnreadableFile", severity: "error", message, path: [] }]
        })
      })
    )
    const files = names.filter((name) => /^[^._].*\.ya?ml$/.test(name)).sort()
    return yield* Effect.forEach(files, (name) => inspectFile(join(path, name), options))
  })

/**
 * Writes a flow as YAML that reads back as the same flow.
 *
 * Nodes are a map by id, references and plain values are in their short form, dependencies that follow from the inputs
 * are left out. Of a definition that `FlowProblems.check` refuses, what is written is refused as well.
 */
export const stringify = (flow: FlowSpec.FlowSpec): string => writeFlow(flow)

/**
 * The JSON Schema (draft 7) by which editors check and complete files, with a description of every key.
 *
 * **Details**
 * It describes the shape of a file only: cycles, references and the like are found by reading it.
 */
export const jsonSchema = (options: SchemaOptions = {}): Readonly<Record<string, unknown>> =>
  EditorSchema.make(options.actions)

// -- internal -------------------------------------------------------------------------------------------------------

/** What reads expressions is loaded before texts are read that have some. */
const afterLoading =
  (texts: ReadonlyArray<string>) =>
  <A>(read: Effect.Effect<A>): Effect.Effect<A> =>
    texts.some(ReadExpression.mayBeIn) ? Effect.andThen(Expression.load, read) : read

const readingOf = ({ limits }: Options, mayLoad: boolean): Cursor.Reading => {
  const settled = { ...YamlLimits.defaults, ...limits }
  return {
    limits: settled,
    findings: Findings.make(settled.problemsMax),
    variables: [],
    isPartial: false,
    isLimited: false,
    flows: new Map(),
    mayLoad,
    aliased: 0,
    lookAlikes: 0
  }
}

const flowOf = ({
  flow,
  problems
}: FlowSource.FlowSource): Effect.Effect<FlowSpec.FlowSpec, DefinitionError> =>
  flow === undefined ? Effect.fail(new DefinitionError({ problems })) : Effect.succeed(flow)

/** Reports every flow of a folder whose name another file has used before. */
const sameNames = (sources: ReadonlyArray<FlowSource.FlowSource>): ReadonlyArray<Problem> => {
  const first = new Map<string, string>()
  return sources.flatMap(({ files, flow, map }) => {
    if (flow === undefined) return []
    const other = first.get(flow.name)
    if (other === undefined) {
      first.set(flow.name, files[0] ?? "")
      return []
    }
    const message = `there is another flow "${flow.name}", in ${other}`
    return [FlowSource.locate({ map }, { code: "InvalidValue", severity: "error", message, path: ["name"] })]
  })
}
