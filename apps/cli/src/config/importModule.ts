import { existsSync } from "node:fs"
import { pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import { CliFailure } from "../output/CliFailure.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { oneLine } from "../output/Phrase.ts"
import { codeFrame } from "../output/codeFrame.ts"

/** The place in one of the user's files that an error's stack names first. */
const placeOf = (error: unknown): { file: string; line: number; column: number } | undefined => {
  if (!(error instanceof Error) || error.stack === undefined) return undefined
  for (const found of error.stack.matchAll(
    /(?:file:\/\/)?(\/[^\n():]+|[A-Za-z]:\\[^\n():]+):(\d+)(?::(\d+))?/g
  )) {
    const [, file = "", line, column = "1"] = found
    if (!file.includes("node_modules") && existsSync(file)) {
      return { file, line: Number(line), column: Number(column) }
    }
  }
  return undefined
}

const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const code = "code" in error && typeof error.code === "string" ? error.code : ""
  if (code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") {
    return `${oneLine(error.message)} Node strips types and does not compile: enums, namespaces and parameter properties need a build`
  }
  return `${error.name}: ${oneLine(error.message)}`
}

/** Imports a module of the user's. Node strips the types of TypeScript. */
export const importModule = (
  file: string,
  what: string
): Effect.Effect<Readonly<Record<string, unknown>>, CliFailure> =>
  Effect.tryPromise({
    try: () => import(pathToFileURL(file).href) as Promise<Readonly<Record<string, unknown>>>,
    catch: (error) => {
      const message = `${what} ${file} cannot be loaded: ${messageOf(error)}`
      const place = placeOf(error)
      const frame = place && codeFrame(place)
      return new CliFailure({
        exit: ExitCode.invalid,
        code: "UnreadableModule",
        message,
        ...(place && { at: place }),
        ...(frame !== undefined && { text: frame })
      })
    }
  })
