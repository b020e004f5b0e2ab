import { answeringAbout, refusal } from "../../../../../server/access.ts"
import { dagflow } from "../../../../../server/engine.ts"
import { decision } from "../../../../../server/flow.ts"

/** Decides about an article. Who says the same again, since the answer was lost, is told the same. */
export const POST = answeringAbout(async (user, request, id) => {
  if (!user.edits) return refusal(403, "this is not yours to decide")
  const { approved } = (await request.json().catch(() => ({}))) as { readonly approved?: unknown }
  if (typeof approved !== "boolean") return refusal(400, "approved has to be true or false")
  const by = { by: user.name }
  await (approved ? dagflow.approve(id, decision, by) : dagflow.reject(id, decision, by))
  return Response.json({ approved })
})
