import { isAlias, isMap, isScalar, isSeq, type ParsedNode, type YAMLMap } from "yaml"
import type { YamlLimits } from "../YamlLimits.ts"
import * as Findings from "./findings.ts"
import type { Place, Trail } from "./place.ts"
import type { VariableUse } from "./variables.ts"
import type { ReadFlow } from "./readFlow.ts"
import type { YamlFile } from "./yamlFile.ts"

/** What all reading of one definition has in common. */
export interface Reading {
  readonly limits: YamlLimits
  readonly findings: Findings.Findings
  /** Uses of variables of the environment, in the order of reading. */
  readonly variables: Array<VariableUse>
  /** Whether a file of the definition is missing or broken, so that nothing can be said about the flow as a whole. */
  isPartial: boolean
  /** Whether aliases have made the definition too large or too deep. */
  isLimited: boolean
  /** The flows of files that nodes run, by the value that names the file; `undefined` when it is broken. */
  readonly flows: Map<unknown, () => ReadFlow | undefined>
  /** Whether files can be loaded at all; a text is in no folder. */
  readonly mayLoad: boolean
  /** Values read through aliases so far. */
  aliased: number
  /** Texts compared with the names of nodes so far, since they look like references. */
  lookAlikes: number
}

/** A value of a file: where it stands, and the way to it. Aliases are followed already. */
export interface Cursor {
  readonly reading: Reading
  readonly file: YamlFile
  readonly node: ParsedNode
  readonly trail: Trail | undefined
  /** How many lists and maps are around the value, counted through aliases. */
  readonly depth: number
  /** Whether the value is read through an alias, so that it may be read again and again. */
  readonly isAliased: boolean
}

/** A key of a map and its value. */
export interface Entry {
  readonly name: string
  readonly key: Place
  /** Missing when the value has been reported already. */
  readonly value: Cursor | undefined
}

/** The root of a file, unless the file is empty or broken. */
export const root = (reading: Reading, file: YamlFile): Cursor | undefined =>
  file.root === undefined
    ? undefined
    : { reading, file, node: file.root, trail: undefined, depth: 0, isAliased: false }

/** The place of a value in its source. */
export const place = ({ file, node, trail }: Cursor): Place => ({
  source: file.source,
  from: node.range[0],
  to: trimmedEnd(file.source.text, node.range[0], node.range[1]),
  trail
})

/** Reports a problem of a value. */
export const report = (at: Cursor, remark: Findings.Remark): void =>
  Findings.report(at.reading.findings, place(at), remark)

export const isNull = (at: Cursor): boolean => isScalar(at.node) && at.node.value === null

/** The value of a scalar, or `undefined` for a list or a map. */
export const scalar = (at: Cursor): unknown => (isScalar(at.node) ? at.node.value : undefined)

/** The values of a list, or `undefined` when the value is no list. Values that have been reported are left out. */
export const items = (at: Cursor): ReadonlyArray<Cursor> | undefined => {
  const { node } = at
  if (!isSeq(node)) return undefined
  if (!mayEnter(at, node.items.length)) return []
  return node.items.flatMap((item, index) => child(at, item as ParsedNode, index) ?? [])
}

/**
 * The keys and values of a map, or `undefined` when the value is no map. Keys that have been reported are left out. A
 * key `<<` takes over the keys of one map or of several; what the map itself says wins, then what comes first.
 */
export const entries = (at: Cursor): ReadonlyArray<Entry> | undefined => {
  const { node } = at
  if (!isMap(node)) return undefined
  const map = node as YAMLMap<ParsedNode, ParsedNode | null>
  if (!mayEnter(at, map.items.length)) return []
  const found = new Map<string, Entry>()
  const merged: Array<Entry> = []
  for (const { key, value } of map.items) {
    if (!isScalar(key) || typeof key.value !== "string" || at.file.refused.has(key)) continue
    const entry = entryOf(at, key.value, key.range, value)
    // In quotes it is a key like any other.
    if (entry.name === "<<" && key.type === "PLAIN")
      merged.push(...(entry.value === undefined ? [] : mergedEntries(entry.value)))
    else found.set(entry.name, entry)
  }
  for (const entry of merged) if (!found.has(entry.name)) found.set(entry.name, entry)
  return [...found.values()]
}

// -- internal -------------------------------------------------------------------------------------------------------

const entryOf = (
  at: Cursor,
  name: string,
  range: readonly [number, number, number],
  value: ParsedNode | null
): Entry => {
  const trail = { parent: at.trail, step: name }
  const key = { source: at.file.source, from: range[0], to: range[1], trail }
  return { name, key, value: value === null ? undefined : child(at, value, name) }
}

const mergedEntries = (at: Cursor): ReadonlyArray<Entry> => {
  const sources = items(at) ?? [at]
  return sources.flatMap((source) => {
    const found = entries(source)
    if (found === undefined) {
      report(source, { code: "InvalidValue", message: `"<<" takes over keys of maps, and this is none` })
    }
    return found ?? []
  })
}

const child = (at: Cursor, node: ParsedNode, step: string | number): Cursor | undefined => {
  const { file } = at
  if (file.refused.has(node)) return undefined
  const trail = { parent: at.trail, step }
  const target = isAlias(node) ? file.targets.get(node) : node
  if (target === undefined || file.refused.has(target)) return undefined
  return { ...at, node: target, trail, depth: at.depth + 1, isAliased: at.isAliased || isAlias(node) }
}

/** Refuses to go on where aliases make a small file large or deep. */
const mayEnter = (at: Cursor, size: number): boolean => {
  const { limits } = at.reading
  if (at.isAliased) at.reading.aliased += size + 1
  if (at.depth > limits.depthMax) {
    reportLimit(at, `more than ${limits.depthMax} lists and maps are inside one another`)
    return false
  }
  if (at.reading.aliased <= limits.aliasedMax) return true
  reportLimit(at, `aliases add more than ${limits.aliasedMax} values to what is written`)
  return false
}

/** Says once that a limit is reached, and not for each of a billion values; what was read is not the whole flow. */
const reportLimit = (at: Cursor, message: string): void => {
  if (!at.reading.isLimited) report(at, { code: "LimitExceeded", message })
  at.reading.isLimited = true
  at.reading.isPartial = true
}

/** The range of a block ends where the next one begins; what is between is no part of what is shown. */
const trimmedEnd = (text: string, from: number, to: number): number => {
  let end = to
  while (end > from + 1 && /\s/.test(text.charAt(end - 1))) end--
  return end
}
