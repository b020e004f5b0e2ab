import { Action, Flow } from "@dagflow/core"
import { Schema } from "effect"

const charge = Action.fn("charge", async (input: { cents: number }): Promise<{ receipt: string }> => {
  throw new Error(`no test charges ${input.cents} cents`)
})

const mail = Action.fn("mail", async (input: { receipt: string }): Promise<{ sent: boolean }> => {
  throw new Error(`no test mails ${input.receipt}`)
})

export const order = Flow.make("order", { inputs: { cents: Schema.Int } }, (f) => {
  const retry = { tries: 3, initial: "1 hour", max: "1 day", backoff: "fixed", jitter: 0 } as const
  const charged = f.node("charge", charge, { cents: f.inputs.cents }, { retry })
  return { mailed: f.node("mail", mail, { receipt: charged.out.receipt }) }
})
