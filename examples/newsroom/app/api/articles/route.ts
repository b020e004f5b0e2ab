import { randomUUID } from "node:crypto"
import { answering } from "../../../server/access.ts"
import { article, dagflow } from "../../../server/engine.ts"
import { Assignment } from "../../../server/flow.ts"

/** Starts an article. Who sends the same key again, since the answer was lost, gets the same one. */
export const POST = answering(async (user, request) => {
  const given: unknown = await request.json().catch(() => undefined)
  const parsed = Assignment.safeParse({ ...(given as object), author: user.name })
  if (!parsed.success) return Response.json({ problems: parsed.error.issues }, { status: 400 })
  const id = `article-${user.name}-${request.headers.get("idempotency-key") ?? randomUUID()}`
  const run = await dagflow.start(article, { id, input: parsed.data })
  return Response.json({ id: run.runId }, { status: 201 })
})
