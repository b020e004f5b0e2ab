import * as JsonSchema from "effect/JsonSchema"
import * as Schema from "effect/Schema"
import * as FlowFile from "../FlowFile.ts"

/** The JSON Schema (draft 7, which every editor knows) of a file. */
export const make = (actions: Iterable<string> | undefined): Readonly<Record<string, unknown>> => {
  const document = Schema.toJsonSchemaDocument(FlowFile.FlowFile, {
    onExcessProperty: "error",
    includeAnnotationKey: (key) => key === FlowFile.actionMark
  })
  const { definitions, schema } = JsonSchema.toDocumentDraft07(document)
  const names = actions === undefined ? undefined : [...new Set(actions)].sort()
  const marked = { $schema: JsonSchema.META_SCHEMA_URI_DRAFT_07, title: "DAG Flow", ...schema, definitions }
  return quiet(withActions(marked, names)) as Readonly<Record<string, unknown>>
}

/** Keeps editors from offering the spellings of Dagger, by a word that the YAML language server knows. */
const quiet = (value: unknown, key = ""): unknown => {
  if (Array.isArray(value)) return value.map((item) => quiet(item))
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value).map(([name, member]) => [name, quiet(member, name)])
  return Object.fromEntries(FlowFile.daggerKeys.has(key) ? [...entries, ["doNotSuggest", true]] : entries)
}

/** Replaces the marks of texts that name an action by the names that there are. */
const withActions = (value: unknown, names: ReadonlyArray<string> | undefined): unknown => {
  if (Array.isArray(value)) return value.map((item) => withActions(item, names))
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value).map(([key, member]) => [key, withActions(member, names)] as const)
  const isAction = entries.some(([key]) => key === FlowFile.actionMark)
  const rest = entries.filter(([key]) => key !== FlowFile.actionMark)
  return Object.fromEntries(
    isAction && names !== undefined && names.length > 0 ? [...rest, ["enum", names]] : rest
  )
}
