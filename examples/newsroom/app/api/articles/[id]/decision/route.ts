import { answeringAbout, refusal } from "../../../../../server/access.ts"
import { dagflow } from "../../../../../server/engine.ts"
import { decision } from "../../../../../server/flow.ts"

/** Decides about an article. */
export const POST = answeringAbout(async (user, request, id) => {
  if (!user.edits) return refusal(403, "this is not yours to decide")
  const { approved } = (await request.json().catch(() => ({}))) as { readonly approved?: unknown }
  if (typeof approved !== "boolean") return refusal(400, "approved has to be true or false")
  await dagflow.answer(id, decision, { approved }, { by: user.name })
  return Response.json({ approved })
})
