import { DefinitionError, RunError, StoreError } from "@dagflow/protocol"
import { DagFlowError } from "../DagFlowError.ts"

/** Any failure as what the promises of this package reject with. */
export const toDagFlowError = (error: unknown): DagFlowError => {
  if (error instanceof DagFlowError) return error
  if (error instanceof DefinitionError) return new DagFlowError("DefinitionError", error.message, { error })
  if (error instanceof RunError || error instanceof StoreError) {
    return new DagFlowError(error.reason._tag, error.message, { error })
  }
  const message = error instanceof Error ? error.message : String(error)
  return new DagFlowError("Defect", message, { cause: error })
}

/** What a user's code was doing when it called this package: the lines of its stack. */
export type CallSite = ReadonlyArray<string>

/** Remembers where a method of this package was called. The method calls this itself, as its first thing. */
export const callSite = (): CallSite => {
  const site = { stack: "" }
  // Other engines than V8 have no such function, and their errors keep the place where they were made.
  Error.captureStackTrace?.(site, callSite)
  // The first line is no place, the second one is the method.
  return site.stack.split("\n").slice(2)
}

/**
 * The error as thrown from where the user called, since its own stack only shows the inside of the engine. Node prints the stack
 * of an error that nobody caught and asks the error for nothing else, so what to do next stands there. Called by no code of anybody,
 * as by `promise.then(run.result)`, it has no place at all.
 */
export const thrownAt = (error: DagFlowError, site: CallSite): DagFlowError => {
  const text = error.text === error.message ? [] : ["", error.text]
  if (Error.captureStackTrace !== undefined) {
    error.stack = [`${error.name}: ${error.message}`, ...site, ...text].join("\n")
  }
  return error
}
