/** The handlers of the routes, found as Next finds them: by the folders that they are in. */
import type { Answer } from "./Newsroom.ts"

type Handler = (
  request: Request,
  context: { readonly params: Promise<{ readonly id: string }> }
) => Promise<Response>

interface Route {
  readonly pattern: RegExp
  readonly load: () => Promise<object>
}

const routes: ReadonlyArray<Route> = [
  { pattern: /^\/api\/session$/, load: () => import("../app/api/session/route.ts") },
  { pattern: /^\/api\/articles$/, load: () => import("../app/api/articles/route.ts") },
  { pattern: /^\/api\/articles\/([^/]+)$/, load: () => import("../app/api/articles/[id]/route.ts") },
  {
    pattern: /^\/api\/articles\/([^/]+)\/events$/,
    load: () => import("../app/api/articles/[id]/events/route.ts")
  },
  {
    pattern: /^\/api\/articles\/([^/]+)\/decision$/,
    load: () => import("../app/api/articles/[id]/decision/route.ts")
  }
]

/** Answers a request as Next would. */
export const answer: Answer = async (request) => {
  const { pathname } = new URL(request.url)
  for (const { load, pattern } of routes) {
    const found = pattern.exec(pathname)
    if (found === null) continue
    const handler = ((await load()) as Readonly<Record<string, Handler>>)[request.method]
    if (handler === undefined) return new Response(null, { status: 405 })
    return handler(request, { params: Promise.resolve({ id: decodeURIComponent(found[1] ?? "") }) })
  }
  return new Response(null, { status: 404 })
}
