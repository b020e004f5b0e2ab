import { Binding, Reference } from "@dagflow/protocol"
import type * as Schema from "effect/Schema"
import { type Origin, TypeId, type ValueRef, type ValueSource } from "../ValueRef.ts"

/** A value that exists while a run runs, named by the text of a reference. */
export interface Named {
  readonly flow: object
  readonly nodeId: string | undefined
  readonly ref: string
  readonly problem: string | undefined
  readonly list?: object
}

/** The type by which the compiler knows a reference is claimed by whoever makes it. */
type AnyRef = ValueRef<never, never>

/** Makes the reference to an output of a node, or to an input of the run when there is no node. */
export const make = (flow: object, nodeId: string | undefined, name: string): AnyRef => {
  const ref = Reference.format(
    nodeId === undefined
      ? { _tag: "Input", name, path: [] }
      : { _tag: "Output", nodeId, output: name, path: [] }
  )
  return fromNamed({ flow, nodeId, ref, problem: keyProblem(name) })
}

/** Makes the reference to the value of a channel. */
export const ofChannel = (flow: object, name: string): AnyRef => {
  const ref = Reference.format({ _tag: "Channel", name, path: [] })
  return fromNamed({ flow, nodeId: undefined, ref, problem: keyProblem(name) })
}

/** Makes the references to a value of a list and to its place, for the inputs of the node that is mapped over it. */
export const each = (flow: object, list: object): { readonly item: AnyRef; readonly index: AnyRef } => {
  const named = (name: "item" | "index") =>
    fromNamed({
      flow,
      nodeId: undefined,
      ref: Reference.format({ _tag: "Each", name, path: [] }),
      problem: undefined,
      list
    })
  return { item: named("item"), index: named("index") }
}

/** Makes the source of a text with variables of the environment. */
export const fromTemplate = (template: string): ValueSource<never, string> =>
  source({
    flow: undefined,
    nodeId: undefined,
    binding: { template },
    problem:
      Binding.environmentNames(template).length > 0
        ? undefined
        : `the text names no variable of the environment, as "\${env.NAME}" does: give it as a literal`
  }) as ValueSource<never, string>

/** Stands for the payload that a node with an intent gets by itself. */
export const payload: ValueSource<never, never> = {
  [TypeId]: { flow: undefined, nodeId: undefined, binding: { value: null }, problem: undefined }
}

// -- internal -------------------------------------------------------------------------------------------------------

const source = (origin: Origin): ValueSource<never, never> => ({ [TypeId]: origin })

const fromNamed = (named: Named): AnyRef => {
  const { flow, list, nodeId, problem, ref } = named
  const within = list === undefined ? {} : { list }
  return {
    ...source({ flow, nodeId, binding: { ref }, problem, ...within }),
    at: ((key: Reference.PathStep) =>
      fromNamed({
        ...named,
        ref: ref + Reference.formatPath([key]),
        problem: problem ?? keyProblem(key)
      })) as AnyRef["at"],
    or: ((literal: Schema.Json) =>
      source({ flow, nodeId, binding: { ref, default: literal }, problem, ...within })) as AnyRef["or"]
  }
}

/** Greatest index that a reference can name. */
const indexMax = 999_999_999

const keyProblem = (key: Reference.PathStep): string | undefined => {
  if (typeof key === "number") {
    const fits = Number.isInteger(key) && key >= 0 && key <= indexMax
    return fits ? undefined : `${key} is no index that a reference can name: it is a whole number from 0 on`
  }
  return /^[^.[\]]+$/.test(key)
    ? undefined
    : `no reference can name the key ${JSON.stringify(key)}: it is empty or contains one of . [ ]`
}
