import type * as Schema from "effect/Schema"
import { isScalar, isSeq } from "yaml"
import * as Cursor from "./cursor.ts"

/** A value as JSON, or `undefined` when a part of it has been reported. */
export const of = (at: Cursor.Cursor): Schema.Json | undefined => {
  const { node } = at
  if (isScalar(node)) return node.value as Schema.Json
  const list = Cursor.items(at)
  if (list !== undefined) return listOf(list)
  const members: Array<readonly [string, Schema.Json]> = []
  for (const { name, value } of Cursor.entries(at) ?? []) {
    const json = value === undefined ? undefined : of(value)
    if (json === undefined) return undefined
    members.push([name, json])
  }
  return Object.fromEntries(members)
}

const listOf = (list: ReadonlyArray<Cursor.Cursor>): Schema.Json | undefined => {
  const values: Array<Schema.Json> = []
  for (const item of list) {
    const json = of(item)
    if (json === undefined) return undefined
    values.push(json)
  }
  return values
}

/** A value as it is shown in a message: short, and on one line. */
export const shown = (at: Cursor.Cursor): string => {
  if (Cursor.isNull(at)) return "nothing"
  if (isScalar(at.node)) return short(JSON.stringify(at.node.value))
  return isSeq(at.node) ? "a list" : "a map"
}

const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text)
