import { refusal } from "../../../server/access.ts"
import { userOfToken } from "../../../server/users.ts"

/** Signs in. The cookie is not sent along by other sites, and no script can read it. */
export const POST = async (request: Request): Promise<Response> => {
  const { token } = (await request.json().catch(() => ({}))) as { readonly token?: unknown }
  const user = userOfToken(token)
  if (user === undefined) return refusal(401, "say who you are")
  const headers = { "set-cookie": `session=${String(token)}; Path=/; HttpOnly; SameSite=Strict` }
  return Response.json(user, { headers })
}
