/**
 * One operation on one path: which file it is about, and how it fails. A path is followed through its symbolic links
 * before it is compared with the allowed folders, so that a link inside of them does not lead out.
 */
import { lstat, realpath } from "node:fs/promises"
import path from "node:path"
import * as Effect from "effect/Effect"
import type { FileAccess } from "./FileAccess.ts"
import { FileError, type FileReason } from "./FileError.ts"

/** One operation on one path. */
export interface FileOperation {
  readonly name: string
  /** The path as the node gave it. */
  readonly path: string
}

/** The failure of an operation for a reason. */
export const failure = (operation: FileOperation, reason: FileReason): FileError =>
  new FileError({ reason, operation: operation.name, path: operation.path })

/** Runs a promise of the file system, and tells its failures apart. */
export const attempt = <A>(operation: FileOperation, run: () => Promise<A>): Effect.Effect<A, FileError> =>
  Effect.tryPromise({ try: run, catch: (cause) => failure(operation, classify(cause)) })

/**
 * Makes the function that finds the real path of an operation, or refuses it. `nameItself`: a path whose last part is a
 * link means the link, not what it leads to.
 */
export const resolver = (access: FileAccess, nameItself = false) => {
  const folder = path.resolve(access.folder ?? process.cwd())
  const roots = (access.roots ?? [folder]).map((root) => path.resolve(folder, root))
  const find = nameItself ? followParent : follow
  return (operation: FileOperation): Effect.Effect<string, FileError> =>
    Effect.gen(function* () {
      const target = yield* attempt(operation, () => find(path.resolve(folder, operation.path)))
      const allowed = yield* attempt(operation, () => Promise.all(roots.map(follow)))
      if (target !== undefined && allowed.some((root) => root !== undefined && isWithin(root, target))) {
        return target
      }
      return yield* failure(operation, { _tag: "OutsideRoots", roots })
    })
}

// -- internal -------------------------------------------------------------------------------------------------------

const refusals: ReadonlySet<string> = new Set([
  "EACCES",
  "EPERM",
  "EROFS",
  "EISDIR",
  "ENOTDIR",
  "ENOTEMPTY",
  "EEXIST",
  "ELOOP",
  "ENAMETOOLONG",
  "EINVAL",
  "ERR_INVALID_ARG_VALUE"
])

const codeOf = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : String(cause)

const classify = (cause: unknown): FileReason => {
  const code = codeOf(cause)
  if (code === "ENOENT") return { _tag: "FileNotFound" }
  return { _tag: refusals.has(code) ? "Refused" : "Unavailable", code }
}

const isWithin = (root: string, target: string): boolean => {
  const between = path.relative(root, target)
  return between !== ".." && !between.startsWith(`..${path.sep}`) && !path.isAbsolute(between)
}

const isMissing = (cause: unknown): undefined => {
  if (codeOf(cause) === "ENOENT") return undefined
  throw cause
}

/**
 * A path without symbolic links; of a path that does not exist, as far as it does. A link that leads nowhere has no such
 * path, since whoever creates its target decides where it leads.
 */
const follow = async (target: string): Promise<string | undefined> => {
  const real = await realpath(target).catch(isMissing)
  if (real !== undefined) return real
  return (await lstat(target).catch(isMissing)) === undefined ? followParent(target) : undefined
}

/** A path whose folder is without symbolic links; its last part stays as it is. */
const followParent = async (target: string): Promise<string | undefined> => {
  const parent = path.dirname(target)
  if (parent === target) return target
  const realParent = await follow(parent)
  return realParent === undefined ? undefined : path.join(realParent, path.basename(target))
}
