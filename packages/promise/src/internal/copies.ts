/**
 * Bundlers put copies of this package, and of Effect below it, into one process: Next into each of its routes. What is made with one
 * copy of Effect cannot be read with another, and fails in strange ways; so flows remember the copy that they were made with.
 */
import * as Schema from "effect/Schema"

const key = Symbol.for("@dagflow/promise/copies")

const shared = globalThis as typeof globalThis & { [key]?: WeakMap<object, unknown> }

const copies: WeakMap<object, unknown> = (shared[key] ??= new WeakMap())

/** Each copy of Effect has one of its own. */
const own: unknown = Schema.Unknown

/** Remembers that something was made with this copy. */
export const remember = <A extends object>(made: A): A => {
  copies.set(made, own)
  return made
}

/** Whether something was made with another copy. */
export const isOfAnotherCopy = (made: object): boolean => copies.has(made) && copies.get(made) !== own
