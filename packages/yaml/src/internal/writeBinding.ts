import type { Binding } from "@dagflow/protocol"
import * as ReadBinding from "./readBinding.ts"
import * as Variables from "./variables.ts"

/** Writes an input of a node in its short form where that reads back as what it is, else as a map that says so. */
export const writeBinding = (binding: Binding.Binding, scope: ReadBinding.Scope): unknown => {
  if ("ref" in binding) {
    const isShort = binding.default === undefined && ReadBinding.kindOf(binding.ref, scope) === "reference"
    return isShort ? binding.ref : binding
  }
  if ("template" in binding) return Variables.asks(binding.template) ? binding.template : binding
  return ReadBinding.isPlainValue(binding.value, scope) ? binding.value : binding
}
