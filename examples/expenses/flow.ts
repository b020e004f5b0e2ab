/** What becomes of an expense: it is looked into, somebody decides, and what was approved is paid once. */
import { appendFile } from "node:fs/promises"
import { Action, Flow, NodeOutput } from "@dagflow/promise"
import * as z from "zod"

/** An expense as somebody hands it in. */
export const Expense = z.object({
  employee: z.string().min(1),
  purpose: z.string().min(1),
  cents: z.int().min(1).max(1_000_000)
})
export type Expense = z.infer<typeof Expense>

const limitCents = 10_000

const checkPolicy = Action.make("check-policy", {
  input: z.object({ cents: Expense.shape.cents }),
  output: z.object({ needsApproval: z.boolean(), reason: z.string() }),
  run: async ({ cents }) =>
    cents > limitCents
      ? { needsApproval: true, reason: `more than ${limitCents / 100} euros` }
      : { needsApproval: false, reason: "within the limit" }
})

const findDuplicates = Action.fn("find-duplicates", async ({ purpose }: { purpose: string }) => ({
  suspicious: /again/i.test(purpose)
}))

interface Question {
  readonly employee: string
  readonly purpose: string
  readonly cents: number
  readonly needsApproval: boolean
  readonly suspicious: boolean
}

/** Small expenses are decided here; for others the node waits for a person, for a week at most. */
const decide = Action.fn(
  "decide",
  async ({ cents, employee, needsApproval, purpose, suspicious }: Question) => {
    if (!needsApproval && !suspicious) return { approved: true }
    return NodeOutput.wait<{ approved: boolean }>({
      prompt: `Pay ${(cents / 100).toFixed(2)} euros to ${employee} for "${purpose}"?`,
      schema: {
        type: "object",
        properties: { approved: { type: "boolean" }, note: { type: "string" } },
        required: ["approved"]
      },
      timeout: "7 days",
      onTimeout: "autopilot",
      default: { approved: false }
    })
  }
)

/** Books the payment under the key of the attempt's node: an attempt that is made again after a crash has the same one. */
const pay = Action.fn(
  "pay",
  async (
    { approved, cents, employee }: { approved: boolean; cents: number; employee: string },
    { idempotencyKey }
  ) => {
    if (!approved) return { paid: false }
    const line = JSON.stringify({ key: idempotencyKey, employee, cents })
    await appendFile(process.env["LEDGER"] ?? ".dagflow/ledger.jsonl", `${line}\n`)
    return { paid: true }
  }
)

/** The node that waits for a person. */
export const decision = "decide"

/** What becomes of an expense. */
export const expense = Flow.make(
  "expense",
  { inputs: Expense.shape, config: { onFailure: "pause" } },
  (f) => {
    const { cents, employee, purpose } = f.inputs
    const policy = f.node("policy", checkPolicy, { cents })
    const duplicates = f.node("duplicates", findDuplicates, { purpose })
    const decided = f.node(decision, decide, {
      employee,
      purpose,
      cents,
      needsApproval: policy.out.needsApproval,
      suspicious: duplicates.out.suspicious
    })
    const paid = f.node("pay", pay, { approved: decided.out.approved, cents, employee })
    return { paid }
  }
)

/** The actions that runs need which another process has left behind. */
export const actions = [checkPolicy, findDuplicates, decide, pay]
