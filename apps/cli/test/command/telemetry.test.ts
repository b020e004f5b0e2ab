import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { dagflow, Place } from "../Dagflow.ts"

let place: Place
let server: Server
let url: string
const received: Array<{ readonly path: string; readonly body: string }> = []

beforeAll(async () => {
  place = new Place()
  server = createServer((request, response) => {
    let body = ""
    request.setEncoding("utf8").on("data", (part: string) => (body += part))
    request.on("end", () => {
      received.push({ path: request.url ?? "", body })
      response.writeHead(200, { "content-type": "application/json" }).end("{}")
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}, 120_000)

afterAll(() => {
  server.close()
  place.remove()
})

const run = (id: string, env: Readonly<Record<string, string>>) =>
  dagflow(["run", "hello.yaml", "--id", id, "--store", place.store], { env })

describe("row 158: traces of the command", () => {
  it("go to the collector that the standard variables name, below the trace that the command was started in", async () => {
    const traceId = "0af7651916cd43dd8448eb211c80319c"
    const { exit } = await run("traced", {
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      TRACEPARENT: `00-${traceId}-b7ad6b7169203331-01`
    })
    expect(exit).toBe(0)
    const traces = received.filter(({ path }) => path === "/v1/traces").map(({ body }) => body)
    const text = traces.join("\n")
    for (const name of ["dagflow.run", "dagflow.node", "dagflow.attempt", traceId, "b7ad6b7169203331"])
      expect(text).toContain(name)
    expect(text).toContain('{"key":"service.name","value":{"stringValue":"dagflow"}}')
    expect(received.map(({ path }) => path)).toContain("/v1/metrics")
  })

  it("are not missed by a run whose collector cannot be reached", async () => {
    const { exit, stdout } = await run("alone", { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" })
    expect([exit, stdout]).toEqual([0, expect.stringContaining("Hello, Hello, world!!")])
  })

  it("are not made when nobody asks for them", async () => {
    received.length = 0
    expect((await run("quiet", {})).exit).toBe(0)
    expect((await run("off", { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_SDK_DISABLED: "true" })).exit).toBe(0)
    expect(received).toEqual([])
  })
})
