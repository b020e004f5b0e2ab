/*
 * Goal: what the compiler accepts and refuses is part of the interface, so it is tested like the rest of it.
 * Method: a project outside of this repository sees the declarations that a release would hold, and is compiled with all
 * checks of libraries on. The line after a comment `// refused: <text>` has to be refused with that text in the message, and
 * no other line anywhere may be.
 */
import { mkdtempSync, readdirSync, readFileSync, realpathSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Consumer from "./Consumer.ts"

const fixtures = path.join(import.meta.dirname, "fixtures")
const negatives = readdirSync(path.join(fixtures, "refused"))
const minute = 60_000

let folder: string

beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "dagflow-types-")))
  Consumer.make(folder, fixtures)
}, 2 * minute)

afterAll(() => Consumer.remove(folder))

interface Expected {
  readonly line: number
  readonly text: string
}

/** What a file says of its own refusals: each comment speaks of the next line that is no such comment. */
const expectedIn = (file: string): ReadonlyArray<Expected> => {
  const expected: Array<Expected> = []
  let texts: Array<string> = []
  const lines = readFileSync(path.join(fixtures, "refused", file), "utf8").split("\n")
  for (const [index, line] of lines.entries()) {
    const text = /^\s*\/\/ refused: (.+)$/.exec(line)?.[1]
    if (text !== undefined) texts.push(text)
    else {
      expected.push(...texts.map((one) => ({ line: index + 1, text: one })))
      texts = []
    }
  }
  return expected
}

const describeRefusals = (refusals: ReadonlyArray<Consumer.Refusal>): ReadonlyArray<string> =>
  refusals.map(({ file, line, message }) => `${file}:${line}: ${message}`)

describe.each(["nodenext", "bundler"] as const)("modules resolved as %s", (resolution) => {
  let refusals: ReadonlyArray<Consumer.Refusal>

  beforeAll(() => {
    refusals = Consumer.compile(folder, resolution, ["src"])
  }, 2 * minute)

  it.each(negatives)("%s is refused where it says so, and nowhere else", (file) => {
    const expected = expectedIn(file)
    const actual = refusals.filter((refusal) => refusal.file === `refused/${file}`)
    expect(expected).not.toEqual([])
    const left = [...actual]
    for (const { line, text } of expected) {
      const found = left.findIndex((refusal) => refusal.line === line && refusal.message.includes(text))
      expect(
        found,
        `line ${line} is refused with: ${text}\n${describeRefusals(left).join("\n")}`
      ).toBeGreaterThan(-1)
      left.splice(found, 1)
    }
    expect(describeRefusals(left)).toEqual([])
  })

  it("everything else compiles, the declarations of all libraries included", () => {
    const others = refusals.filter((refusal) => !refusal.file.startsWith("refused/"))
    expect(describeRefusals(others)).toEqual([])
  })
})

it(
  "what compiles does so under strict and loose settings, and for a library that publishes its flows",
  () => {
    const files = ["src/accepted.ts", "src/handledErrors.ts"]
    const strictest = {
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      isolatedModules: true
    }
    const loose = { skipLibCheck: true, verbatimModuleSyntax: false }
    const library = {
      declaration: true,
      noEmit: false,
      emitDeclarationOnly: true,
      rootDir: "src",
      outDir: "lib"
    }
    for (const extra of [strictest, loose, library]) {
      expect(describeRefusals(Consumer.compile(folder, "nodenext", files, extra))).toEqual([])
    }
  },
  2 * minute
)

describe("the work of the compiler", () => {
  /** Types that the compiler may make for each node of a flow; more than that, and large flows make editors slow. */
  const budget = { ofKnownAction: 40, ofOwnAction: 200 }

  const measured = (name: string, program: (nodes: number) => string) => (nodes: number) => {
    Consumer.add(folder, `${name}${nodes}.ts`, program(nodes))
    return Consumer.instantiations(folder, `src/${name}${nodes}.ts`)
  }

  it.each([
    { name: "known", program: flowOfKnownActions, most: budget.ofKnownAction },
    { name: "own", program: flowOfOwnActions, most: budget.ofOwnAction }
  ])(
    "a flow of 200 nodes of $name actions takes at most $most instantiations a node, one of 400 not more",
    ({ name, program, most }) => {
      const count = measured(name, program)
      const [few, many, twice] = [count(4), count(200), count(400)]
      expect((many - few) / 196).toBeLessThanOrEqual(most)
      expect((twice - many) / 200).toBeLessThanOrEqual(most)
    },
    2 * minute
  )
})

/** A flow that uses few actions for many nodes, by references and with options. */
const flowOfKnownActions = (nodes: number): string => {
  const lines: Array<string> = []
  for (let index = 0; index < nodes; index += 4) {
    const text = index === 0 ? `"start"` : `load${index - 4}.out.title`
    lines.push(
      `  const load${index} = f.node("load-${index}", load, { limit: ${index} }, { retry: { tries: 3 }, timeout: "30 seconds" })`,
      `  const name${index} = f.node("name-${index}", print, { text: load${index}.out.rows.at(0).at("name"), style: "bold" })`,
      `  f.nodeOf(print, { text: ${text} }, { dependsOn: [name${index}], trigger: "all_done" })`,
      `  const tidy${index} = f.node("tidy-${index}", tidy, {}, { dependsOn: [load${index}] })`
    )
  }
  return [
    `import { Flow } from "@dagflow/core"`,
    `import { load, print, tidy } from "./actions.ts"`,
    `export const flow = Flow.make("wide", (f) => {`,
    ...lines,
    `  return { last: tidy${nodes - 4} }`,
    `})`
  ].join("\n")
}

/** A flow whose nodes have an action each, with types of its own. */
const flowOfOwnActions = (nodes: number): string => {
  const numbers = Array.from({ length: nodes }, (_, index) => index)
  const actions = numbers.map(
    (n) =>
      `const a${n} = Action.fn("a${n}", (i: { p${n}: string; q${n}?: number }) => ({ r${n}: i.p${n}, s${n}: i.q${n} ?? 0 }))`
  )
  const calls = numbers.map(
    (n) =>
      `  const n${n} = f.node("n${n}", a${n}, { p${n}: ${n === 0 ? `"start"` : `n${n - 1}.out.r${n - 1}`}, q${n}: ${n} })`
  )
  return [
    `import { Action, Flow } from "@dagflow/core"`,
    ...actions,
    `export const flow = Flow.make("long", (f) => {`,
    ...calls,
    `  return { last: n${nodes - 1} }`,
    `})`
  ].join("\n")
}
