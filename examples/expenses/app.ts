/** The routes: hand in an expense, look at it, follow it, decide. */
import { randomUUID } from "node:crypto"
import { DagFlowError, EventStream } from "@dagflow/promise"
import { type Context, Hono } from "hono"
import { HTTPException } from "hono/http-exception"
import { dagflow } from "./engine.ts"
import { decision, Expense, expense } from "./flow.ts"
import { type User, userOf } from "./users.ts"

const userFrom = ({ req }: Context): User => {
  const user = userOf(req.raw)
  if (user === undefined) throw new HTTPException(401, { message: "say who you are" })
  return user
}

/** Whose expense a run is about: the first event of a run has its inputs. */
const employeeOf = async (runId: string): Promise<unknown> => {
  for await (const { event } of dagflow.events(runId)) {
    return event._tag === "RunStarted" ? event.inputs?.["employee"] : undefined
  }
  return undefined
}

/** Refuses whoever may not see a run, in the same way as when there is none: ids tell nothing to strangers. */
const requireAccess = async (user: User, runId: string): Promise<void> => {
  if (user.decides) return void (await dagflow.get(runId))
  const employee = await employeeOf(runId).catch(() => undefined)
  if (employee !== user.name) throw new HTTPException(404, { message: "there is no such expense" })
}

const follow = EventStream.handler(dagflow, {
  authorize: async (request, runId) => {
    const user = userOf(request)
    if (user === undefined) return new Response("say who you are\n", { status: 401 })
    return user.decides || (await employeeOf(runId).catch(() => undefined)) === user.name
  }
})

/** The routes. */
export const app: Hono = new Hono()

app.post("/expenses", async (c) => {
  const user = userFrom(c)
  const given: unknown = await c.req.json().catch(() => undefined)
  const parsed = Expense.safeParse({ ...(given as object), employee: user.name })
  if (!parsed.success) return c.json({ problems: parsed.error.issues }, 400)
  // Who sends the same key again, since the answer was lost, gets the same expense.
  const id = `expense-${user.name}-${c.req.header("idempotency-key") ?? randomUUID()}`
  const run = await dagflow.start(expense, { id, input: parsed.data })
  return c.json({ id: run.runId }, 201)
})

app.get("/expenses/:id", async (c) => {
  const id = c.req.param("id")
  await requireAccess(userFrom(c), id)
  const { nodes, status } = await dagflow.report(id)
  const paid = nodes.find(({ nodeId }) => nodeId === "pay")?.outputs?.["paid"]
  const isWaiting = nodes.some(({ status: one }) => one === "waiting")
  return c.json({ id, status: isWaiting ? "to be decided" : status, ...(paid !== undefined && { paid }) })
})

app.get("/expenses/:id/events", (c) => follow(c.req.raw, c.req.param("id")))

app.post("/expenses/:id/decision", async (c) => {
  const user = userFrom(c)
  if (!user.decides) throw new HTTPException(403, { message: "this is not yours to decide" })
  const { approved, note } = await c.req.json<{ approved?: unknown; note?: unknown }>()
  if (typeof approved !== "boolean")
    throw new HTTPException(400, { message: "approved has to be true or false" })
  const outputs = { approved, ...(typeof note === "string" && { note }) }
  await dagflow.answer(c.req.param("id"), decision, outputs, { by: user.name })
  return c.json({ approved })
})

app.onError((error, c) => {
  if (error instanceof HTTPException) return c.json({ error: error.message }, error.status)
  if (!(error instanceof DagFlowError)) throw error
  if (error.code === "RunNotFound") return c.json({ error: "there is no such expense" }, 404)
  // The expense was decided meanwhile, or is another one: the answer says who was first.
  if (error.code === "CommandRejected") return c.json({ error: error.rejection?._tag ?? error.code }, 409)
  if (error.code === "InputsChanged") return c.json({ error: "this key belongs to another expense" }, 409)
  return c.json({ error: error.code }, error.isRetryable ? 503 : 500)
})
