/** What people write who have installed the command. */

/** A flow of standard actions. */
export const copyFlow = `name: copy
inputs:
  name: { type: string, default: Ada }
nodes:
  write:
    action: file-write
    inputs: { path: copy.txt, content: inputs.name }
  read:
    action: file-read
    dependencies: [write]
    inputs: { path: copy.txt }
`

/** Schemas everywhere where one may stand, with checks and with values that are no JSON. */
export const checkedFlow = `import { Action, Channel, Flow, NodeOutput } from "@dagflow/core"
import * as Schema from "effect/Schema"

const Whole = Schema.Int.pipe(Schema.check(Schema.isGreaterThan(0)))

const ask = Action.make("ask", {
  input: Schema.Struct({ count: Whole, times: Schema.Int }),
  output: Schema.Struct({ price: Schema.Finite }),
  run: () => NodeOutput.wait({ prompt: "How dear?", schema: Schema.Struct({ price: Whole }) })
})
const bill = Action.make("bill", {
  input: Schema.Struct({ count: Whole, price: Schema.Finite }),
  output: Schema.Struct({ due: Schema.DateFromString }),
  run: ({ count, price }) => NodeOutput.update({ spent: count * price }, { outputs: { due: new Date(count * price) } })
})

export default Flow.make(
  "checked",
  { inputs: { count: Whole }, channels: { spent: Channel.sum({ schema: Schema.Int }) }, config: { strategy: "superstep" } },
  (f) => {
    const { price } = f.node("ask", ask, { count: f.inputs.count, times: 1 }).out
    return { bill: f.node("bill", bill, { count: f.inputs.count, price }) }
  }
)
`

/** A configuration with an action of its own. */
export const ownConfig = `import { defineConfig } from "@dagflow/cli"
import { Action } from "@dagflow/core"

const greet = Action.fn("greet", ({ name }: { name: string }) => ({ text: \`Hello, \${name}!\` }))

export default defineConfig({ actions: [greet] })
`
