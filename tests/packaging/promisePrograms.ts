/** Programs of somebody who has `@dagflow/promise` and has never heard of Effect. */

/** An ES module; what it prints is the outputs of its flow. */
export const program = `import { Action, createDagFlow, Flow } from "@dagflow/promise"

const add = Action.fn("add", async ({ left, right }) => ({ sum: left + right }))
const flow = Flow.make("sums", (f) => {
  const first = f.node("first", add, { left: 1, right: 2 })
  return { second: f.node("second", add, { left: first.out.sum, right: 4 }) }
})

const dagflow = createDagFlow({ store: process.argv[2] })
try {
  console.log(JSON.stringify(await dagflow.run(flow, { id: "r1" })))
} catch (error) {
  console.log(error.code + ": " + error.message)
}
await dagflow.close()
`

/** The same as CommonJS. */
export const required = `const { Action, createDagFlow, Flow } = require("@dagflow/promise")
const main = async () => {
${program
  .split("\n")
  .slice(2)
  .map((line) => `  ${line}`)
  .join("\n")}
}
main()
`

/** A module with an engine, one with a flow, each of which is bundled by itself, and a program that uses both. */
export const copied = {
  engine: `export * from "@dagflow/promise"
`,
  flow: program.slice(0, program.indexOf("const dagflow")).replace("const flow", "export const flow"),
  both: `import { createDagFlow } from "./copied/engine.mjs"
import { flow } from "./copied/flow.mjs"

const dagflow = createDagFlow({ store: "memory" })
await dagflow.start(flow).catch((error) => console.log(error.code + ": " + error.message))
await dagflow.close()
`
}

/** In TypeScript, with what has to compile and what must not. */
export const typed = `import { Action, createDagFlow, Flow, type Run } from "@dagflow/promise"
export * as sqlite from "@dagflow/store-sqlite"

const add = Action.fn("add", async ({ left, right }: { left: number; right: number }) => ({ sum: left + right }))
const say = Action.fn("say", async ({ text }: { text: string }) => ({ text }))
const flow = Flow.make("sums", (f) => {
  const first = f.node("first", add, { left: 1, right: 2 })
  // @ts-expect-error -- a number is no text
  f.node("said", say, { text: first.out.sum })
  return { first }
})
export const start = (): Promise<Run<{ first: { sum: number } }>> => createDagFlow({ store: "memory" }).start(flow)
`
