import { type ArticleContext, maySee } from "../../../../../server/access.ts"
import { dagflow, EventStream } from "../../../../../server/engine.ts"
import { userOf } from "../../../../../server/users.ts"

const follow = EventStream.handler(dagflow, {
  authorize: async (request, runId) => {
    const user = userOf(request)
    if (user === undefined) return new Response("say who you are\n", { status: 401 })
    return maySee(user, runId)
  },
  live: true
})

/** What happens to an article, and its words while they come. */
export const GET = async (request: Request, { params }: ArticleContext): Promise<Response> =>
  follow(request, (await params).id)
