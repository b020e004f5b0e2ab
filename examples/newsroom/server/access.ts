/** Who may see which article, and what is answered to whom who may not. */
import { assignmentOf } from "./assignment.ts"
import { DagFlowError } from "./engine.ts"
import { type User, userOf } from "./users.ts"

/** Whether a user may see an article; nobody may see one that there is not. */
export const maySee = async (user: User, runId: string): Promise<boolean> => {
  const assignment = await assignmentOf(runId).catch(() => undefined)
  return assignment !== undefined && (user.edits || assignment.author === user.name)
}

/** An answer that says no. */
export const refusal = (status: number, error: string): Response => Response.json({ error }, { status })

/** Answers a request of a known user, and says what went wrong in the words of HTTP. */
export const answering =
  <Context>(handle: (user: User, request: Request, context: Context) => Promise<Response>) =>
  async (request: Request, context: Context): Promise<Response> => {
    const user = userOf(request)
    if (user === undefined) return refusal(401, "say who you are")
    try {
      return await handle(user, request, context)
    } catch (error) {
      if (!(error instanceof DagFlowError)) throw error
      // The article was decided meanwhile: the answer says what it is now.
      if (error.code === "CommandRejected") return refusal(409, error.rejection?._tag ?? error.code)
      if (error.code === "InputsChanged") return refusal(409, "this key belongs to another article")
      return refusal(error.isRetryable ? 503 : 500, error.code)
    }
  }

/** What Next hands to a route of one article. */
export interface ArticleContext {
  readonly params: Promise<{ readonly id: string }>
}

/** The same for a route of one article. What is not theirs to see is answered like what does not exist. */
export const answeringAbout = (handle: (user: User, request: Request, id: string) => Promise<Response>) =>
  answering<ArticleContext>(async (user, request, { params }) => {
    const { id } = await params
    return (await maySee(user, id)) ? handle(user, request, id) : refusal(404, "there is no such article")
  })
