import type { Binding } from "@dagflow/protocol"
import * as ShortForm from "./shortForm.ts"
import * as Variables from "./variables.ts"

/** Writes an input of a node in its short form where that reads back as what it is, else as a map that says so. */
export const writeBinding = (binding: Binding.Binding, scope: ShortForm.Scope): unknown => {
  if (!("list" in binding)) return writeOne(binding, scope, ShortForm.isPlainValue)
  // A list of literals alone would read as a literal.
  return binding.list.every((item) => "value" in item)
    ? { ref: binding.list }
    : binding.list.map((item) => writeOne(item, scope, ShortForm.isPlainItem))
}

// -- internal -------------------------------------------------------------------------------------------------------

const writeOne = (
  binding: Binding.ItemBinding,
  scope: ShortForm.Scope,
  isPlain: typeof ShortForm.isPlainItem
): unknown => {
  if ("ref" in binding) {
    const isShort = binding.default === undefined && ShortForm.kindOf(binding.ref, scope) === "reference"
    return isShort ? binding.ref : binding
  }
  if ("template" in binding) return Variables.asks(binding.template) ? binding.template : binding
  return isPlain(binding.value, scope) ? binding.value : binding
}
