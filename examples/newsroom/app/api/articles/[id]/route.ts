import { answeringAbout } from "../../../../server/access.ts"
import { dagflow } from "../../../../server/engine.ts"

/** How an article stands. */
export const GET = answeringAbout(async (_user, _request, id) => {
  const { nodes, status } = await dagflow.report(id)
  const outputs = (nodeId: string) => nodes.find((node) => node.nodeId === nodeId)?.outputs
  const isWaiting = nodes.some((node) => node.status === "waiting")
  return Response.json({
    id,
    status: isWaiting ? "to be decided" : status,
    text: outputs("write")?.["text"],
    published: outputs("publish")?.["published"]
  })
})
