/** The articles as people see them: what the reports of their runs say. */
import { maySee } from "./access.ts"
import { assignmentOf } from "./assignment.ts"
import { dagflow } from "./engine.ts"
import type { User } from "./users.ts"

/** An article as it stands. */
export interface ArticleState {
  readonly id: string
  readonly author: string
  readonly topic: string
  /** How its run stands, or that an editor has to decide. */
  readonly status: string
  readonly text?: unknown
  readonly published?: unknown
}

/** How an article stands. */
export const articleOf = async (id: string): Promise<ArticleState> => {
  const { author = "", topic = "" } = (await assignmentOf(id)) ?? {}
  const { nodes, status } = await dagflow.report(id)
  const outputs = (nodeId: string) => nodes.find((node) => node.nodeId === nodeId)?.outputs
  const isWaiting = nodes.some((node) => node.status === "waiting")
  return {
    id,
    author,
    topic,
    status: isWaiting ? "to be decided" : status,
    text: outputs("write")?.["text"],
    published: outputs("publish")?.["published"]
  }
}

/** The last articles that a user may see, the newest first. */
export const articlesOf = async (user: User): Promise<ReadonlyArray<ArticleState>> => {
  const { runs } = await dagflow.list({ flow: "article", limit: 20 })
  const seen = await Promise.all(runs.map(({ runId }) => maySee(user, runId)))
  return Promise.all(runs.filter((_, index) => seen[index]).map(({ runId }) => articleOf(runId)))
}
