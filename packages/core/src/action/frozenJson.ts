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
  if (typeof name !== "string" || name === "") return "an object with a prototype"
  return /^[AEIOU]/.test(name) ? `an ${name}` : `a ${name}`
}

/**
 * Copies and freezes one value. It runs for every output of every node, so success costs no object besides the copy:
 * what cannot be copied is told by `problem`, whose path is put together on the way back.
 */
class Freezer {
  size = 0
  /** Why the value was refused, and the steps that lead to the place, the last one first. */
  problem: { readonly path: Array<string | number>; readonly says: string } | undefined

  freeze(value: unknown, depth: number): Schema.Json | undefined {
    switch (typeof value) {
      case "string":
        this.size += value.length + 3
        return value
      case "number":
        this.size += 8
        return Number.isFinite(value) ? value : this.#refuse(`is ${value}, which JSON cannot hold`)
      case "boolean":
        this.size += 6
        return value
      case "object":
        if (value === null) {
          this.size += 5
          return null
        }
        if (depth >= depthMax)
          return this.#refuse(`is nested deeper than ${depthMax} levels, or contains itself`)
        return Array.isArray(value) ? this.#list(value, depth) : this.#record(value, depth)
      default:
        return this.#refuse(`is ${kindOf(value)}, which JSON cannot hold`)
    }
  }

  #refuse(says: string): undefined {
    this.problem = { path: [], says }
    return undefined
  }

  #list(list: ReadonlyArray<unknown>, depth: number): Schema.Json | undefined {
    this.size += 2
    const copy: Array<Schema.Json> = []
    for (let at = 0; at < list.length; at++) {
      // As in JSON.stringify, a hole or `undefined` in a list becomes null: leaving it out would move the others.
      const item = this.freeze(list[at] ?? null, depth + 1)
      if (item === undefined) return this.#below(at)
      copy.push(item)
    }
    return Object.freeze(copy)
  }

  #record(record: object, depth: number): Schema.Json | undefined {
    const prototype: unknown = Object.getPrototypeOf(record)
    if (prototype !== Object.prototype && prototype !== null) {
      return this.#refuse(`is ${kindOf(record)}: return plain objects, lists, text, numbers, booleans`)
    }
    this.size += 2
    const copy: Record<string, Schema.Json> = {}
    for (const key of Object.keys(record)) {
      const member = (record as Readonly<Record<string, unknown>>)[key]
      if (member === undefined) continue
      if (key === "__proto__") return this.#refuse(`has a key "__proto__"`)
      this.size += key.length + 4
      const frozen = this.freeze(member, depth + 1)
      if (frozen === undefined) return this.#below(key)
      copy[key] = frozen
    }
    return Object.freeze(copy)
  }

  #below(step: string | number): undefined {
    this.problem?.path.push(step)
    return undefined
  }
}

/** Most steps of a path that are named: its first and its last ones. */
const stepsMax = 12

const pathText = (root: string, steps: ReadonlyArray<string | number>): string => {
  let text = root
  const left = steps.length > stepsMax ? stepsMax / 2 : steps.length
  for (const [index, step] of steps.toReversed().entries()) {
    if (index === left) text += ".…"
    if (index >= left && index < steps.length - left) continue
    if (typeof step === "number") text += `[${step}]`
    else text += text === "" ? step : `.${step}`
  }
  return text === "" ? "the value" : text
}

/** Copies and freezes a value. What JSON cannot hold is refused with its path; members that are `undefined` are left out. */
export const frozenJson = (value: unknown, path: string): Result.Result<FrozenJson, string> => {
  const freezer = new Freezer()
  const frozen = freezer.freeze(value, 0)
  if (frozen !== undefined) return Result.succeed({ value: frozen, size: freezer.size })
  const { problem } = freezer
  return Result.fail(problem === undefined ? path : `${pathText(path, problem.path)} ${problem.says}`)
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
