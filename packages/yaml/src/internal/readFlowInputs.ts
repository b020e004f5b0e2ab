import { FlowSpec } from "@dagflow/protocol"
import { isScalar } from "yaml"
import * as FlowFile from "../FlowFile.ts"
import * as Cursor from "./cursor.ts"
import { wordFor } from "./foreignKeys.ts"
import * as Json from "./json.ts"
import * as Leaf from "./leaf.ts"
import * as MapReader from "./mapReader.ts"
import * as Origins from "./origins.ts"
import * as Variables from "./variables.ts"
import type { Writable } from "./writable.ts"

type InputSpec = Writable<FlowSpec.InputSpec>

const keys = MapReader.keys("input", Object.keys(FlowFile.Input.fields))
const type = Leaf.of(FlowSpec.InputType, (word) => wordFor("type", word))

/** Reads the `inputs` of a flow: a map from names to declarations, or to just the type. */
export const read = (
  at: Cursor.Cursor,
  origins: Origins.Origins
): Readonly<Record<string, FlowSpec.InputSpec>> | undefined => {
  if (Cursor.isNull(at)) return undefined
  const entries = Cursor.entries(at)
  if (entries === undefined) {
    Leaf.refuse(at, "inputs", "expected a map from the names of inputs to what they are")
    return undefined
  }
  const inputs: Record<string, FlowSpec.InputSpec> = {}
  for (const { key, name, value } of entries) {
    if (value === undefined) continue
    Leaf.set(inputs, name, readOne(value, name, Origins.add(origins, name, key)))
  }
  return inputs
}

const readOne = (at: Cursor.Cursor, name: string, origins: Origins.Origins): InputSpec | undefined => {
  if (Cursor.isNull(at)) return {}
  if (isScalar(at.node)) {
    const short = type(at, name)
    return short === undefined ? undefined : { type: short }
  }
  const input: InputSpec = {}
  const given = MapReader.read(at, keys, (key, value) => {
    Origins.add(origins, key, Cursor.place(value))
    switch (key) {
      case "description":
        return Leaf.set(input, "description", Leaf.text(value, key))
      case "type":
        return Leaf.set(input, "type", type(value, key))
      case "required":
        return Leaf.set(input, "required", Leaf.boolean(value, key))
      case "secret":
        return Leaf.set(input, "secret", Leaf.boolean(value, key))
      case "default":
        return Leaf.set(input, "default", Json.of(value))
    }
  })
  if (given === undefined) return undefined
  noteDefault(at, name, input)
  return input
}

/** Only of a secret input are the variables filled in that its text names. */
const noteDefault = (at: Cursor.Cursor, name: string, input: InputSpec): void => {
  if (typeof input.default !== "string" || !Variables.asks(input.default)) return
  if (input.secret === true) return Variables.note(at, input.default)
  const message = `the default of "${name}" names a variable of the environment, which only secret inputs may: add "secret: true"`
  Cursor.report(at, { code: "InvalidValue", message })
}
