import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { type DagFlow, EventStream } from "@dagflow/promise"
import { onTestFinished } from "vitest"

/** Lets everybody see everything. */
export const authorize = (): boolean => true

/** One message of a stream of server-sent events. */
export interface Message {
  /** `NaN` when the message has none. */
  readonly id: number
  readonly type: string
  readonly data: {
    readonly sequence: number
    readonly value?: unknown
    readonly index?: number
    readonly missed?: { readonly Emitted: number }
  }
}

const messageOf = (block: string): Message | undefined => {
  const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s)))
  return fields["data"] === undefined
    ? undefined
    : { id: Number(fields["id"]), type: String(fields["event"]), data: JSON.parse(fields["data"]) }
}

/** Reads messages until one answers true, then hangs up; `false` when the stream ended before. */
export const readUntil = async (
  response: Response,
  seen: (message: Message) => boolean
): Promise<boolean> => {
  const decoder = new TextDecoder()
  let text = ""
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk, { stream: true })
    const blocks = text.split("\n\n")
    text = blocks.pop() ?? ""
    for (const block of blocks) {
      const message = messageOf(block)
      if (message !== undefined && seen(message)) return true
    }
  }
  return false
}

/** Serves the events of runs as plain Node does. */
export const serve = async (dagflow: DagFlow, options: EventStream.EventStreamOptions = { authorize }) => {
  const listener = EventStream.nodeListener(EventStream.handler(dagflow, options))
  const server = createServer((request, response) => {
    void listener(request, response, request.url?.split(/[/?]/)[2] ?? "")
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, "127.0.0.1", resolve)
  await promise
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const url = (runId: string) => `http://127.0.0.1:${port}/runs/${runId}`
  return { url, get: (runId: string, init?: RequestInit) => fetch(url(runId), init) }
}
