/**
 * How an input of a node gets its value: given literally, by reference to the run's data, from the environment of the
 * process, or as a list of those.
 *
 * A value from the environment is kept as the text that names it, never as the value: the log of a run holds no
 * secret, and a run that is taken up by another process reads it anew.
 */
import * as Schema from "effect/Schema"

/** A literal value. */
export const ValueBinding = Schema.Struct({ value: Schema.Json })
/** A literal value. */
export type ValueBinding = typeof ValueBinding.Type

/** A reference, and what stands in when the referenced value does not exist. */
export const ReferenceBinding = Schema.Struct({
  ref: Schema.String,
  default: Schema.optionalKey(Schema.Json)
})
/** A reference, and what stands in when the referenced value does not exist. */
export type ReferenceBinding = typeof ReferenceBinding.Type

/** A text with `${env.NAME}` parts, which are filled in just before the action runs. */
export const TemplateBinding = Schema.Struct({ template: Schema.String })
/** A text with `${env.NAME}` parts, which are filled in just before the action runs. */
export type TemplateBinding = typeof TemplateBinding.Type

/** How one value is given. */
export const ItemBinding = Schema.Union([ReferenceBinding, TemplateBinding, ValueBinding])
/** How one value is given. */
export type ItemBinding = ReferenceBinding | TemplateBinding | ValueBinding

/** A list that is put together item by item, for instance of an output of each of many nodes. */
export const ListBinding = Schema.Struct({ list: Schema.Array(ItemBinding) })
/** A list that is put together item by item, for instance of an output of each of many nodes. */
export type ListBinding = typeof ListBinding.Type

/** How an input of a node gets its value. */
export const Binding = Schema.Union([ReferenceBinding, TemplateBinding, ListBinding, ValueBinding])
/** How an input of a node gets its value. */
export type Binding = ReferenceBinding | TemplateBinding | ListBinding | ValueBinding

/** A reference of an input, and the steps that lead to its text inside of the binding. */
export interface PlacedReference {
  readonly binding: ReferenceBinding
  readonly path: ReadonlyArray<string | number>
}

/**
 * The references that an input is made of, in their order.
 *
 * **Example**
 * ```ts
 * Binding.references({ list: [{ value: 1 }, { ref: "fetch.rows" }] })
 * // => [{ binding: { ref: "fetch.rows" }, path: ["list", 1, "ref"] }]
 * ```
 */
export const references = (binding: Binding): ReadonlyArray<PlacedReference> => {
  if ("ref" in binding) return [{ binding, path: ["ref"] }]
  if (!("list" in binding)) return none
  return binding.list.flatMap((item, index) =>
    "ref" in item ? [{ binding: item, path: ["list", index, "ref"] }] : none
  )
}

/** The same binding with other references: for instance, when the nodes that they name get other ids. */
export const mapReferences = (
  binding: Binding,
  change: (reference: ReferenceBinding) => ReferenceBinding
): Binding => {
  if ("ref" in binding) return change(binding)
  return "list" in binding
    ? { list: binding.list.map((item) => ("ref" in item ? change(item) : item)) }
    : binding
}

const none: ReadonlyArray<PlacedReference> = []

const variable = /\$\{env\.([A-Za-z_][A-Za-z0-9_]*)\}/g

/** The names of the environment variables that a text asks for, each once, in the order of the text. */
export const environmentNames = (text: string): ReadonlyArray<string> => {
  const names = new Set<string>()
  for (const found of text.matchAll(variable)) if (found[1] !== undefined) names.add(found[1])
  return [...names]
}

/** Replaces each `${env.NAME}` of a text by what `lookup` answers. */
export const fillTemplate = (text: string, lookup: (name: string) => string): string =>
  text.replace(variable, (_, name: string) => lookup(name))
