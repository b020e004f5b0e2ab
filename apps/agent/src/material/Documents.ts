/** The documents that are researched in: the Markdown files below one folder, read when they are asked for. */
import { readdir, readFile } from "node:fs/promises"
import path from "node:path"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { keywordsOf, score } from "./keywords.ts"

/** A document that is not there, or may not be read. */
export class DocumentError extends Data.TaggedError("DocumentError")<{ readonly message: string }> {}

/** A paragraph that a search has found. */
export interface Hit {
  readonly file: string
  /** The heading above it. */
  readonly heading: string
  readonly text: string
}

/** The documents of a folder. */
export interface DocumentsShape {
  /** The paragraphs that have most to do with a query, at most one of each file and heading. */
  readonly search: (query: string, limit: number) => Effect.Effect<ReadonlyArray<Hit>, DocumentError>
  /** The text of a document. */
  readonly read: (file: string) => Effect.Effect<string, DocumentError>
}

/** The documents of a folder. */
export class Documents extends Context.Service<Documents, DocumentsShape>()("@dagflow/agent/Documents") {
  /** The documents below a folder. Nothing outside of it can be read. */
  static layer(folder: string): Layer.Layer<Documents> {
    return Layer.succeed(Documents, make(path.resolve(folder)))
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

const skipped = new Set(["node_modules", "dist", "test", "CHANGELOG.md"])

const make = (folder: string): DocumentsShape => {
  const read = (file: string) => {
    const target = path.resolve(folder, file)
    if (!target.startsWith(folder + path.sep) || !target.endsWith(".md")) {
      return Effect.fail(new DocumentError({ message: `"${file}" is no document of this folder` }))
    }
    return Effect.tryPromise({
      try: () => readFile(target, "utf8"),
      catch: () => new DocumentError({ message: `there is no document "${file}"` })
    })
  }
  const list = Effect.tryPromise({
    try: async () => {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true })
      return entries
        .filter((entry) => entry.isFile() && entry.name.endsWith(".md"))
        .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep))
        .filter((parts) => !parts.some((part) => part.startsWith(".") || skipped.has(part)))
        .map((parts) => parts.join("/"))
        .sort()
    },
    catch: () => new DocumentError({ message: `the folder ${folder} cannot be read` })
  })
  return {
    read,
    search: (query, limit) =>
      Effect.gen(function* () {
        const words = keywordsOf(query)
        const found: Array<Hit & { readonly score: number }> = []
        for (const file of yield* list) {
          const best = new Map<string, Hit & { readonly score: number }>()
          for (const part of paragraphs(file, yield* read(file))) {
            const points = score(words, `${part.heading} ${part.text}`)
            if (points > (best.get(part.heading)?.score ?? 0))
              best.set(part.heading, { ...part, score: points })
          }
          found.push(...best.values())
        }
        // Of equal ones the first by name, so that the same documents give the same answer.
        found.sort((a, b) => b.score - a.score || (a.file < b.file ? -1 : a.file > b.file ? 1 : 0))
        return found.slice(0, limit).map(({ file, heading, text }) => ({ file, heading, text }))
      })
  }
}

/** The paragraphs of prose of a document, each with the heading above it; code and tables are none. */
const paragraphs = (file: string, text: string): ReadonlyArray<Hit> => {
  const found: Array<Hit> = []
  let heading = file
  for (const block of text.replaceAll(/^```[\s\S]*?^```$/gm, "").split(/\n\s*\n/)) {
    const trimmed = block.trim()
    const title = /^#+ (.*)$/.exec(trimmed)?.[1]
    if (title !== undefined) heading = title
    else if (trimmed !== "" && !trimmed.startsWith("|")) found.push({ file, heading, text: trimmed })
  }
  return found
}
