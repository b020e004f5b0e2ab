import { type Alias, isAlias, isMap, isScalar, isSeq, type Pair, type ParsedNode, type YAMLMap } from "yaml"
import * as Findings from "./findings.ts"
import type { Trail } from "./place.ts"
import type { SourceText } from "./sourceText.ts"

/** What has been learnt about the nodes of a document. */
export interface Inspection {
  readonly targets: ReadonlyMap<Alias, ParsedNode>
  readonly refused: ReadonlySet<ParsedNode>
}

/** Keys by which an object of JavaScript can be made to answer for what it does not hold. */
const forbiddenKeys: ReadonlyArray<string> = ["__proto__", "constructor", "prototype"]

interface Walk {
  readonly source: SourceText
  readonly findings: Findings.Findings
  readonly anchors: Map<string, ParsedNode>
  readonly targets: Map<Alias, ParsedNode>
  readonly refused: Set<ParsedNode>
  readonly open: Array<{ readonly node: ParsedNode; readonly trail: Trail | undefined }>
}

/**
 * Looks at every node of a document once, in the order of the text: finds what aliases stand for, and reports keys
 * that are given twice, are no texts or are dangerous, numbers that cannot be kept, and broken characters.
 */
export const inspect = (source: SourceText, root: ParsedNode, findings: Findings.Findings): Inspection => {
  const walk: Walk = {
    source,
    findings,
    anchors: new Map(),
    targets: new Map(),
    refused: new Set(),
    open: [{ node: root, trail: undefined }]
  }
  for (let next = walk.open.pop(); next !== undefined; next = walk.open.pop())
    visit(walk, next.node, next.trail)
  return walk
}

const visit = (walk: Walk, node: ParsedNode, trail: Trail | undefined): void => {
  if (isAlias(node)) return visitAlias(walk, node, trail)
  if (node.anchor !== undefined) walk.anchors.set(node.anchor, node)
  if (isScalar(node)) {
    const problem = scalarProblem(node.value, node.source)
    if (problem !== undefined) refuse(walk, node, trail, "InvalidValue", problem)
  } else if (isMap(node)) {
    visitMap(walk, node as YAMLMap<ParsedNode, ParsedNode | null>, trail)
  } else if (isSeq(node)) {
    // The last one is pushed first, so that the first one is taken first.
    for (let index = node.items.length - 1; index >= 0; index--) {
      walk.open.push({ node: node.items[index] as ParsedNode, trail: { parent: trail, step: index } })
    }
  }
}

const visitAlias = (walk: Walk, alias: Alias.Parsed, trail: Trail | undefined): void => {
  const target = walk.anchors.get(alias.source)
  if (target === undefined) {
    const message = `nothing before this place is marked "&${alias.source}"`
    return refuse(walk, alias, trail, "SyntaxError", message)
  }
  if (target.range[0] <= alias.range[0] && alias.range[0] < target.range[2]) {
    const message = `"*${alias.source}" stands inside of what it stands for, and would never end`
    return refuse(walk, alias, trail, "SyntaxError", message)
  }
  walk.targets.set(alias, target)
}

const visitMap = (
  walk: Walk,
  map: YAMLMap<ParsedNode, ParsedNode | null>,
  trail: Trail | undefined
): void => {
  const seen = new Set<string>()
  for (const pair of map.items) checkKey(walk, pair, trail, seen)
  for (let index = map.items.length - 1; index >= 0; index--) {
    const pair = map.items[index]
    if (pair === undefined || pair.value === null) continue
    const step = isScalar(pair.key) && typeof pair.key.value === "string" ? pair.key.value : index
    walk.open.push({ node: pair.value, trail: { parent: trail, step } })
  }
}

const checkKey = (
  walk: Walk,
  { key }: Pair<ParsedNode, ParsedNode | null>,
  trail: Trail | undefined,
  seen: Set<string>
): void => {
  if (!isScalar(key)) {
    return refuse(walk, key, trail, "InvalidValue", "a key must be a text, not a list, a map or an alias")
  }
  if (key.anchor !== undefined) walk.anchors.set(key.anchor, key)
  if (typeof key.value !== "string") {
    const written = key.source === "" || key.source === undefined ? "nothing" : key.source
    const message =
      written === "nothing"
        ? "a key is missing before the colon"
        : `the key ${written} must be a text: write it in quotes`
    return refuse(walk, key, trail, "InvalidValue", message)
  }
  const name = key.value
  const here = { parent: trail, step: name }
  if (forbiddenKeys.includes(name)) {
    return refuse(walk, key, here, "InvalidValue", `the key "${name}" is not allowed`)
  }
  const problem = scalarProblem(name, undefined)
  if (problem !== undefined) return refuse(walk, key, here, "InvalidValue", problem)
  if (!seen.has(name)) return void seen.add(name)
  if (isNodes(trail)) refuse(walk, key, here, "DuplicateNode", `there is more than one node "${name}"`)
  else refuse(walk, key, here, "SyntaxError", `the key "${name}" is given twice`)
}

const isNodes = (trail: Trail | undefined): boolean => trail?.step === "nodes" && trail.parent === undefined

/** Tells why a scalar could not be kept in JSON as it is meant. */
const scalarProblem = (value: unknown, source: string | undefined): string | undefined => {
  if (typeof value === "string") {
    return value.isWellFormed()
      ? undefined
      : "the text holds half a character: a surrogate without its other half"
  }
  if (typeof value !== "number") return undefined
  if (!Number.isFinite(value)) return `${source ?? value} is no number that JSON knows`
  const digits = source?.replace(/^[-+]?0*(?=\d)/, "") ?? ""
  if (!/^\d+$/.test(digits) || Number.isSafeInteger(value) || digits === String(Math.abs(value)))
    return undefined
  return `${source} has more digits than a number keeps: write it in quotes, as a text`
}

const refuse = (
  walk: Walk,
  node: ParsedNode,
  trail: Trail | undefined,
  code: "InvalidValue" | "SyntaxError" | "DuplicateNode",
  message: string
): void => {
  walk.refused.add(node)
  const [from, to] = node.range
  Findings.report(walk.findings, { source: walk.source, from, to, trail }, { code, message })
}
