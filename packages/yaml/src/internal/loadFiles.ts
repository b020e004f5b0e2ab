import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Cursor from "./cursor.ts"
import * as FileTree from "./fileTree.ts"
import * as Findings from "./findings.ts"
import type { Place } from "./place.ts"
import * as ReadIncludes from "./readIncludes.ts"
import * as ReadSubFlow from "./readSubFlow.ts"
import * as SourceText from "./sourceText.ts"
import * as YamlFile from "./yamlFile.ts"

/** What is known while the files of one definition are loaded. */
interface Loading {
  readonly reading: Cursor.Reading
  /** The files read so far, by path; one that is included twice is read once. */
  readonly files: Map<string, YamlFile.YamlFile | undefined>
  includes: number
  bytes: number
}

/** The files of a definition, and their paths in the order in which they were read. */
export interface LoadedFiles {
  readonly tree: FileTree.FileTree | undefined
  readonly files: ReadonlyArray<string>
}

/** Loads a file and all that it includes. What cannot be read is reported, at the place that asks for it. */
export const load = (
  reading: Cursor.Reading,
  path: string
): Effect.Effect<LoadedFiles, never, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const loading: Loading = { reading, files: new Map(), includes: 0, bytes: 0 }
    const { normalize } = yield* Path.Path
    const tree = yield* loadTree(loading, normalize(path), [], undefined)
    return { tree, files: [...loading.files.keys()] }
  })

/** The texts of a definition's files. */
export const textsOf = ({ file, flows, included }: FileTree.FileTree): ReadonlyArray<string> => [
  file.source.text,
  ...included.flatMap(({ tree }) => textsOf(tree)),
  ...flows.flatMap(textsOf)
]

// -- internal -------------------------------------------------------------------------------------------------------

const loadTree = (
  loading: Loading,
  path: string,
  chain: ReadonlyArray<string>,
  asked: Place | undefined
): Effect.Effect<FileTree.FileTree | undefined, never, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const file = loading.files.has(path) ? loading.files.get(path) : yield* loadFile(loading, path, asked)
    if (file === undefined || !mayCount(loading, file, asked)) return undefined
    const root = Cursor.root(loading.reading, file)
    const included: Array<FileTree.Included> = []
    for (const include of root === undefined ? [] : ReadIncludes.read(root)) {
      const one = yield* loadInclude(loading, include, [...chain, path])
      if (one === undefined) loading.reading.isPartial = true
      else included.push(one)
    }
    const mayRun = root !== undefined && file.source.text.includes("flow")
    const flows = mayRun ? yield* loadFlows(loading, root, [...chain, path]) : []
    return { file, included, flows }
  })

/** Loads the files that nodes run as their flows, so that they are at hand when the nodes are read. */
const loadFlows = (
  loading: Loading,
  root: Cursor.Cursor,
  chain: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<FileTree.FileTree>, never, FileSystem.FileSystem | Path.Path> =>
  Effect.map(
    Effect.forEach(ReadSubFlow.filesIn(root), ({ at, file, place }) =>
      Effect.map(loadInclude(loading, { file, place, prefix: "" }, chain), (one) => {
        const { reading } = loading
        reading.flows.set(at.node, () => (one === undefined ? undefined : FileTree.read(reading, one.tree)))
        return one === undefined ? [] : [one.tree]
      })
    ),
    (trees) => trees.flat()
  )

const loadInclude = (
  loading: Loading,
  { file, place, prefix }: ReadIncludes.Include,
  chain: ReadonlyArray<string>
): Effect.Effect<FileTree.Included | undefined, never, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const { isAbsolute, dirname, join, normalize } = yield* Path.Path
    const path = isAbsolute(file) ? normalize(file) : join(dirname(chain.at(-1) ?? ""), file)
    const start = chain.indexOf(path)
    if (start !== -1) {
      const message = `these files include or run each other: ${[...chain.slice(start), path].join(" → ")}`
      Findings.report(loading.reading.findings, place, { code: "CycleFound", message })
      return undefined
    }
    const tree = yield* loadTree(loading, path, chain, place)
    return tree === undefined ? undefined : { prefix, tree }
  })

/** Counts a file where it is included, since one that is included a million times makes a million copies. */
const mayCount = (loading: Loading, { source }: YamlFile.YamlFile, asked: Place | undefined): boolean => {
  const { findings, limits } = loading.reading
  if (asked === undefined) return true
  loading.includes++
  loading.bytes += source.text.length
  if (loading.includes <= limits.includesMax && loading.bytes <= limits.bytesTotalMax) return true
  const message =
    loading.includes > limits.includesMax
      ? `more than ${limits.includesMax} files are included`
      : `the files that are included have more than ${limits.bytesTotalMax} bytes together`
  // Said once: behind the limit, each include of a file that includes itself many times over would say it again.
  Findings.reportPlain(findings, { code: "LimitExceeded", severity: "error", message, path: [] })
  return false
}

const loadFile = (
  loading: Loading,
  path: string,
  asked: Place | undefined
): Effect.Effect<YamlFile.YamlFile | undefined, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const { findings, limits } = loading.reading
    const refuse = (remark: Findings.Remark) => reportUnreadable(loading.reading, asked, remark)
    const bytes = yield* readBytes(path, limits.bytesMax).pipe(
      Effect.catch((remark) => Effect.sync(() => refuse(remark)))
    )
    const text = bytes === undefined ? undefined : decode(bytes, path, refuse)
    const file = text === undefined ? undefined : YamlFile.read(SourceText.make(path, text), limits, findings)
    loading.files.set(path, file)
    return file
  })

/** Reads a file whose size is within the limit, or says why that cannot be done. */
const readBytes = (
  path: string,
  bytesMax: number
): Effect.Effect<Uint8Array, Findings.Remark, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fileSystem = yield* FileSystem.FileSystem
    const info = yield* fileSystem.stat(path).pipe(Effect.mapError((error) => reasonOf(path, error)))
    if (info.type === "Directory")
      return yield* Effect.fail(unreadable(`"${path}" is a folder and not a file`))
    if (info.size > bytesMax) {
      const message = `"${path}" has ${info.size} bytes, and ${bytesMax} is the most that is read`
      return yield* Effect.fail<Findings.Remark>({ code: "LimitExceeded", message })
    }
    return yield* fileSystem.readFile(path).pipe(Effect.mapError((error) => reasonOf(path, error)))
  })

const reasonOf = (path: string, { reason }: PlatformError): Findings.Remark => {
  switch (reason._tag) {
    case "NotFound":
      return unreadable(`there is no file "${path}"`)
    case "PermissionDenied":
      return unreadable(`"${path}" may not be read: permission denied`)
    default:
      return unreadable(`"${path}" cannot be read: ${reason.message}`)
  }
}

const unreadable = (message: string): Findings.Remark => ({ code: "UnreadableFile", message })

const reportUnreadable = (
  reading: Cursor.Reading,
  asked: Place | undefined,
  remark: Findings.Remark
): undefined => {
  const { code, message } = remark
  if (asked === undefined)
    Findings.reportPlain(reading.findings, { code, severity: "error", message, path: [] })
  else Findings.report(reading.findings, asked, remark)
  return undefined
}

const decode = (
  bytes: Uint8Array,
  path: string,
  refuse: (remark: Findings.Remark) => undefined
): string | undefined => {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return refuse(unreadable(`"${path}" is UTF-16: save it as UTF-8`))
  }
  // The decoder takes a byte order mark away. What is not UTF-8 becomes U+FFFD, so that writing it again shows it.
  const text = new TextDecoder().decode(bytes)
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  const again = new TextEncoder().encode(text)
  const size = bytes.length - mark
  const wrong = again.findIndex((byte, index) => byte !== bytes[index + mark])
  if (wrong === -1 && again.length === size) return text
  const line = new TextDecoder().decode(bytes.subarray(mark, mark + Math.max(wrong, 0))).split("\n").length
  return refuse(unreadable(`"${path}" is not UTF-8: line ${line} holds bytes that are no characters`))
}
