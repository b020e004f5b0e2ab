/**
 * How an input of a node gets its value: given literally, by reference to the run's data, or from the environment of
 * the process.
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

/** How an input of a node gets its value. */
export const Binding = Schema.Union([ReferenceBinding, TemplateBinding, ValueBinding])
/** How an input of a node gets its value. */
export type Binding = typeof Binding.Type

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
