/** A program as a user writes it, in three steps for three processes. The first one is killed; its claim is short. */
import { appendFileSync } from "node:fs"
import { Action, createDagFlow, Flow, NodeOutput } from "@dagflow/promise"

const did = (what: string) => appendFileSync("ledger.txt", `${what}\n`)

const price = Action.fn("price", async () => {
  did("price")
  return { total: 36 }
})
const ask = Action.fn("ask", async ({ total }: { total: number }) =>
  NodeOutput.wait<{ approved: boolean }>({ prompt: `Pay ${total} euros?` })
)
const order = Action.fn("order", async ({ approved }: { approved: boolean }) => {
  did("order")
  return { placed: approved }
})
const purchase = Flow.make("purchase", (f) => {
  const { total } = f.node("price", price).out
  const { approved } = f.node("ask", ask, { total }).out
  return { order: f.node("order", order, { approved }) }
})

const dagflow = createDagFlow({ store: "sqlite:flow.db", lease: "100 millis", actions: [price, ask, order] })
const [step] = process.argv.slice(2)
if (step === "start") {
  const run = await dagflow.start(purchase, { id: "p1" })
  await run.outcome()
  process.kill(process.pid, "SIGKILL")
} else if (step === "approve") {
  console.log(await dagflow.approve("p1", "ask", { by: "Ada" }))
} else {
  const [run] = await dagflow.recover()
  console.log(await run?.result())
}
await dagflow.close()
