/**
 * Turns what an action returned into JSON that nobody can change any more: other nodes share it, and the log must hold
 * what they saw.
 */
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"

/** Deepest nesting of a value. */
export const depthMax = 500

/** A value and roughly how long it is as JSON text; never less than a quarter of the true length. */
export interface FrozenJson {
  readonly value: Schema.Json
  readonly size: number
}

const kindOf = (value: unknown): string => {
  if (typeof value !== "object") return `a ${typeof value}`
  const name = (value as { constructor?: { name?: unknown } }).constructor?.name
  return typeof name === "string" && name !== "" ? `a ${name}` : "an object with a prototype"
}

class Freezer {
  size = 0

  freeze(value: unknown, path: string, depth: number): Result.Result<Schema.Json, string> {
    switch (typeof value) {
      case "string":
        this.size += value.length + 3
        return Result.succeed(value)
      case "number":
        this.size += 8
        return Number.isFinite(value)
          ? Result.succeed(value)
          : Result.fail(`${path} is ${value}, which JSON cannot hold`)
      case "boolean":
        this.size += 6
        return Result.succeed(value)
      case "object":
        if (value === null) {
          this.size += 5
          return Result.succeed(null)
        }
        if (depth >= depthMax) return Result.fail(`${path} is nested deeper than ${depthMax} levels`)
        return Array.isArray(value) ? this.#list(value, path, depth) : this.#record(value, path, depth)
      default:
        return Result.fail(`${path} is ${kindOf(value)}, which JSON cannot hold`)
    }
  }

  #list(list: ReadonlyArray<unknown>, path: string, depth: number): Result.Result<Schema.Json, string> {
    this.size += 2
    const copy: Array<Schema.Json> = []
    for (let at = 0; at < list.length; at++) {
      // As in JSON.stringify, a hole or `undefined` in a list becomes null: leaving it out would move the others.
      const item = this.freeze(list[at] ?? null, `${path}[${at}]`, depth + 1)
      if (Result.isFailure(item)) return item
      copy.push(item.success)
    }
    return Result.succeed(Object.freeze(copy))
  }

  #record(record: object, path: string, depth: number): Result.Result<Schema.Json, string> {
    const prototype: unknown = Object.getPrototypeOf(record)
    if (prototype !== Object.prototype && prototype !== null) {
      return Result.fail(`${path} is ${kindOf(record)}: return plain objects, lists, text, numbers, booleans`)
    }
    this.size += 2
    const copy: Record<string, Schema.Json> = {}
    for (const [key, member] of Object.entries(record)) {
      if (member === undefined) continue
      if (key === "__proto__") return Result.fail(`${path} has a key "__proto__"`)
      this.size += key.length + 4
      const frozen = this.freeze(member, path === "" ? key : `${path}.${key}`, depth + 1)
      if (Result.isFailure(frozen)) return frozen
      copy[key] = frozen.success
    }
    return Result.succeed(Object.freeze(copy))
  }
}

/** Copies and freezes a value. What JSON cannot hold is refused with its path; members that are `undefined` are left out. */
export const frozenJson = (value: unknown, path: string): Result.Result<FrozenJson, string> => {
  const freezer = new Freezer()
  return Result.map(freezer.freeze(value, path, 0), (json) => ({ value: json, size: freezer.size }))
}

const copies = new WeakMap<object, Schema.Json>()

/**
 * A value that several nodes get, so that none of them can change it for the others: one that is frozen already, or a
 * frozen copy, which is made once.
 */
export const sharedJson = <A extends Schema.Json>(value: A): A => {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value
  const known = copies.get(value)
  if (known !== undefined) return known as A
  const copy = Result.match(frozenJson(value, ""), {
    onSuccess: (frozen) => frozen.value,
    onFailure: () => value
  })
  copies.set(value, copy)
  return copy as A
}
