import { type CallExpression, type Node, Visitor } from "oxc-parser"
import { expect, it } from "vitest"
import { parse, paths, read, type SourceFile } from "../repository/SourceFile.ts"

const literal = (node: Node | undefined): string | undefined =>
  node?.type === "Literal" && typeof node.value === "string" ? node.value : undefined

/** The tags that a call declares: of an error, of a reason, or of several reasons at once. */
const declaredBy = (file: SourceFile, call: CallExpression): ReadonlyArray<string | undefined> => {
  const callee = file.text.slice(call.callee.start, call.callee.end)
  if (/\bTaggedStruct$/.test(callee) || /\bTaggedError\b.*\)$/s.test(callee))
    return [literal(call.arguments[0])]
  const codes = call.arguments[0]
  if (!/\bLiterals$/.test(callee) || codes?.type !== "ArrayExpression") return []
  return codes.elements.map((element) => literal(element ?? undefined))
}

/** The errors and reasons that sources declare. A tag starts with a capital, other literals are no reasons. */
const reasons = (files: ReadonlyArray<SourceFile>): ReadonlyArray<string> => {
  const found = new Set<string>()
  for (const file of files) {
    new Visitor({
      CallExpression: (call) => {
        for (const tag of declaredBy(file, call)) if (tag !== undefined && /^[A-Z]/.test(tag)) found.add(tag)
      }
    }).visit(file.program)
  }
  return [...found].sort()
}

/** `SequenceConflict` is explained on the page `sequence-conflict.md`. */
const slug = (tag: string): string => tag.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "-").toLowerCase()

const differences = (tags: ReadonlyArray<string>, pages: ReadonlyArray<string>): ReadonlyArray<string> => {
  const wanted = new Map(tags.map((tag) => [`${slug(tag)}.md`, tag]))
  return [
    ...[...wanted]
      .filter(([page]) => !pages.includes(page))
      .map(([page, tag]) => `${tag} has no page ${page}`),
    ...pages
      .filter((page) => !wanted.has(page))
      .map((page) => `${page} explains an error that does not exist`)
  ]
}

it("every error and reason has a page, and every page an error", () => {
  const tags = reasons(read("packages/{protocol/src/error/*,planner/src/{McpError,PlannerError,Refusal}}.ts"))
  expect(tags).toContain("StoreError")
  expect(tags).toContain("SequenceConflict")
  const pages = paths("docs/errors/*.md").map((page) => page.slice("docs/errors/".length))
  expect(
    differences(
      tags,
      pages.filter((page) => page !== "README.md")
    )
  ).toEqual([])
})

it("a reason without a page and a page without a reason are found", () => {
  const source = [
    `export const Reason = Schema.Union([Schema.TaggedStruct("LeaseLost", {})])`,
    `export const Code = Schema.Literals(["CycleFound", "error"])`,
    `export class AError extends Schema.TaggedError<AError>("@a/AError")("AError", {}) {}`
  ]
  const tags = reasons([parse("a.ts", source.join("\n"))])
  expect(tags).toEqual(["AError", "CycleFound", "LeaseLost"])
  expect(differences(tags, ["aerror.md", "cycle-found.md", "lease-lost.md"])).toEqual([])
  expect(differences(tags, ["aerror.md", "cycle-found.md", "gone.md"])).toEqual([
    "LeaseLost has no page lease-lost.md",
    "gone.md explains an error that does not exist"
  ])
})
