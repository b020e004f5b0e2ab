import { type Function as FunctionNode, type Node, Visitor } from "oxc-parser"
import { expect, it } from "vitest"
import { parse, place, read, type SourceFile } from "../repository/SourceFile.ts"

/** Files that may break the rule, each with its reason. */
const excepted: Readonly<Record<string, string>> = {}

const bannedCalls = ["setTimeout", "setInterval", "setImmediate", "queueMicrotask", "fetch"]
const bannedMembers = [
  "Date.now",
  "Math.random",
  "performance.now",
  "crypto.randomUUID",
  "crypto.getRandomValues",
  ...bannedCalls.map((name) => `globalThis.${name}`)
]

/** Whatever reads the time, rolls dice or fails outside of Effect makes a run that cannot be repeated. */
const impure = (files: ReadonlyArray<SourceFile>): ReadonlyArray<string> =>
  files.flatMap((file) => {
    if (excepted[file.path] !== undefined) return []
    const problems: Array<string> = []
    const ban = (node: Node, what: string, instead: string) =>
      problems.push(`${place(file, node.start)} has ${what}: use ${instead}`)
    const banAsync = (node: FunctionNode | (Node & { readonly async: boolean })) => {
      if (node.async) ban(node, "an async function", "Effect.fn or Effect.gen")
    }
    new Visitor({
      TryStatement: (node) => void ban(node, "try", "Effect.try, Effect.catch or Effect.ensuring"),
      AwaitExpression: (node) => void ban(node, "await", "yield* in Effect.gen"),
      FunctionDeclaration: banAsync,
      FunctionExpression: banAsync,
      ArrowFunctionExpression: banAsync,
      NewExpression: (node) => {
        if (node.callee.type === "Identifier" && node.callee.name === "Date") {
          ban(node, "new Date", "Clock or DateTime")
        }
      },
      MemberExpression: (node) => {
        const name = file.text.slice(node.start, node.end)
        if (bannedMembers.includes(name)) ban(node, name, "Clock, Random or an injected service")
      },
      CallExpression: (node) => {
        if (node.callee.type === "Identifier" && bannedCalls.includes(node.callee.name)) {
          ban(node, node.callee.name, "Effect.sleep, Schedule or an injected service")
        }
      }
    }).visit(file.program)
    return problems
  })

it("protocol and core take time, chance and failure from Effect", () => {
  expect(impure(read("packages/{protocol,core}/src/**/*.ts"))).toEqual([])
})

it.each([
  "export const a = Date.now()",
  "export const a = [1].map(Date.now)",
  "export const a = new Date(0)",
  "export const a = Math.random()",
  "export const a = performance.now()",
  "export const a = crypto.randomUUID()",
  "setTimeout(() => {}, 1)",
  "globalThis.setTimeout(() => {}, 1)",
  "try { f() } catch {}",
  "export async function a() {}",
  "export const a = async () => {}",
  "export const a = { async b() {} }",
  "await f()"
])("impurity is found: %s", (source) => {
  expect(impure([parse("a.ts", source)])).not.toEqual([])
})

it("words in comments, texts and types are no impurity", () => {
  const source = `// Date.now()\nexport const a = "try { setTimeout }"\nexport type B = Date\nexport const c = { try: 1, catch: 2 }`
  expect(impure([parse("a.ts", source)])).toEqual([])
})
