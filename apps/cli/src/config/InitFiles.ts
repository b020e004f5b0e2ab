/** The files of a first project. */
import { Action } from "@dagflow/core"
import * as EditorSchema from "./EditorSchema.ts"

/** A file of a first project. */
export interface InitFile {
  readonly name: string
  readonly about: string
  readonly text: string
}

/** Makes the files of a first project: a flow that runs, with an action of its own. */
export const make = (): ReadonlyArray<InitFile> => [
  { name: "flow.yaml", about: "the flow", text: flow },
  { name: "dagflow.config.ts", about: "the actions that it uses", text: config },
  { name: "flow.test.ts", about: "a test: node --test", text: test },
  { name: EditorSchema.name, about: "what editors complete and check flows by", text: schema() }
]

// -- internal -------------------------------------------------------------------------------------------------------

const flow = `# yaml-language-server: $schema=./${EditorSchema.name}
name: hello
description: Greets somebody, and counts the letters of the greeting.

inputs:
  name:
    type: string
    description: Whom to greet.
    default: world

nodes:
  greet:
    action: greet
    inputs:
      name: inputs.name

  count:
    action: count-letters
    inputs:
      text: greet.text
    retry:
      tries: 3
`

const config = `import { defineConfig } from "@dagflow/cli"
import { Action } from "@dagflow/core"

const greet = Action.fn("greet", ({ name }: { name: string }) => ({ text: \`Hello, \${name}!\` }))

const countLetters = Action.fn("count-letters", async ({ text }: { text: string }) => ({
  letters: text.replaceAll(/[^a-z]/gi, "").length
}))

export default defineConfig({ actions: [greet, countLetters] })
`

const test = `import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { test } from "node:test"

test("the flow greets and counts", () => {
  const words = ["dagflow", "run", "flow.yaml", "--input", "name=Ada", "--store", "memory:", "--json"]
  const printed = execFileSync("npx", words, {
    cwd: import.meta.dirname,
    encoding: "utf8",
    shell: process.platform === "win32"
  })
  const result = JSON.parse(printed.trim().split("\\n").at(-1) ?? "")
  assert.equal(result.state, "completed")
  assert.deepEqual(result.outputs, { count: { letters: 8 } })
})
`

/** The schema of the configuration above. */
const schema = (): string => {
  const named = (name: string) => Action.fn(name, () => ({}))
  return EditorSchema.text({ actions: ["greet", "count-letters"].map(named) })
}
