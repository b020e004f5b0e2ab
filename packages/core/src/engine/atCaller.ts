import { DefinitionError, ErrorText, RunError, StoreError } from "@dagflow/protocol"

/**
 * Makes a typed error of the engine one of the line that called: its stack begins there and ends with what failed, where the run
 * stood and what to do next, instead of the inside of the engine. Node prints the stack of an error that nobody caught and all that
 * can be listed of it; what the text says already is kept from being listed, and from nothing else. Other errors stay as they are.
 */
export const atCaller = (error: unknown, site: CallSite): unknown => {
  const isTyped = error instanceof RunError || error instanceof DefinitionError || error instanceof StoreError
  if (!isTyped) return error
  const stack = [`${error._tag}: ${error.message}`, ...site, "", ErrorText.render(error).trimEnd()].join("\n")
  const fields = Object.fromEntries(Object.entries(error))
  for (const key of ["reason", "context", "problems"]) {
    if (Object.hasOwn(error, key)) Object.defineProperty(error, key, { enumerable: false })
  }
  const hidden = { configurable: true, enumerable: false, writable: true }
  Object.defineProperty(error, "toJSON", { ...hidden, value: () => fields })
  return Object.defineProperty(error, "stack", { ...hidden, value: stack })
}

/** The lines of a stack. */
export type CallSite = ReadonlyArray<string>

/** Where a function of this package was called. The function calls this itself, before it waits for anything. */
export const callSite = (): CallSite => {
  const frames = (new Error("called here").stack ?? "").split("\n").filter((line) => /^ +at /.test(line))
  // The first two are this function and the one that asks. Other engines than V8 write stacks otherwise, which are left out.
  return frames.slice(2)
}
