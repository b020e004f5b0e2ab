/** CommonJS: the package is loaded by `require`, and the process ends by itself once the engine is closed. */
const { Action, createDagFlow, Flow, NodeOutput } = require("@dagflow/promise")

const ask = Action.fn("ask", async () => NodeOutput.wait({ timeout: "1 hour" }))
const flow = Flow.make("asking", (f: { node: Function }) => ({ ask: f.node("ask", ask) }))

const main = async () => {
  const dagflow = createDagFlow({ store: "memory" })
  const run = await dagflow.start(flow)
  const { nodes } = await run.outcome()
  console.log(nodes[0].status)
  await dagflow.close()
}
void main()
