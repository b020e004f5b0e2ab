/**
 * A service that knows consumer prices by year: `node price-server.ts [port]`, by default on port 4280. Like many small
 * services it begins cold: it reads its table when it is first asked, and is unavailable until it has.
 */
import { readFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { priceIndexFile } from "./action/storedPrices.ts"

/** A running service. */
export interface PriceServer {
  readonly url: string
  readonly close: () => void
}

/** Starts the service; port 0 takes any that is free. */
export const start = async (port: number): Promise<PriceServer> => {
  let table: string | undefined
  let isLoading = false
  const load = async (): Promise<void> => {
    isLoading = true
    table = await readFile(priceIndexFile, "utf8").catch(() => undefined)
    isLoading = false
  }
  const server = createServer((request, response) => {
    if (request.url !== "/price-index") return void response.writeHead(404).end()
    if (table !== undefined) {
      return void response.writeHead(200, { "content-type": "application/json" }).end(table)
    }
    if (!isLoading) void load()
    response.writeHead(503, { "content-type": "text/plain" }).end("the price index is being loaded")
  })
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, "127.0.0.1", resolve)
  })
  const { port: taken } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${taken}/price-index`,
    close: () => {
      server.closeAllConnections()
      server.close()
    }
  }
}

if (import.meta.main) console.log((await start(Number(process.argv[2] ?? 4280))).url)
