import { answeringAbout } from "../../../../server/access.ts"
import { articleOf } from "../../../../server/articles.ts"

/** How an article stands. */
export const GET = answeringAbout(async (_user, _request, id) => Response.json(await articleOf(id)))
