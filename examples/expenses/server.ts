/** Serves the routes until it is told to end; then its runs are given back, and the next process goes on with them. */
import { serve } from "@hono/node-server"
import { app } from "./app.ts"
import { dagflow } from "./engine.ts"

const server = serve({ fetch: app.fetch, port: Number(process.env["PORT"] ?? 3000) }, ({ port }) => {
  console.log(`listening on http://localhost:${port}`)
})

const end = async (): Promise<void> => {
  server.close()
  await dagflow.close()
  process.exit(0)
}
process.once("SIGTERM", () => void end())
process.once("SIGINT", () => void end())

// Runs that a process has left behind are taken up from now on, without waiting for a request.
await dagflow.list({ limit: 1 })
