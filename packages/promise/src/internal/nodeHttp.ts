/** Requests and answers of Node's own server as those of the web, and back. */

/** What is needed of a request of Node's server: `IncomingMessage` is one. Named here, so that no types of Node are needed. */
export interface NodeRequest {
  readonly url?: string | undefined
  readonly method?: string | undefined
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
}

/** What is needed of an answer of Node's server: `ServerResponse` is one. */
export interface NodeResponse {
  readonly once: (event: "close" | "drain", listener: () => void) => unknown
  readonly writeHead: (status: number, headers: Record<string, string>) => unknown
  /** Answers false when the client does not keep up; `drain` tells when it does again. */
  readonly write: (chunk: Uint8Array) => boolean
  readonly end: () => unknown
  readonly destroy: (error?: Error) => unknown
}

/** A request without a body as the web has it; its signal is aborted when the client hangs up. */
export const requestOf = (
  request: NodeRequest,
  response: NodeResponse
): { readonly web: Request; readonly controller: AbortController } => {
  const controller = new AbortController()
  response.once("close", () => controller.abort(new Error("the client has hung up")))
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    for (const one of [value].flat()) if (one !== undefined) headers.append(name, one)
  }
  // Only the path and the query count; a client may leave out which host it means.
  const url = new URL(request.url ?? "/", "http://localhost")
  return {
    controller,
    web: new Request(url, { method: request.method ?? "GET", headers, signal: controller.signal })
  }
}

/** The answer of a handler, or the one for a handler that throws: what it threw stays in this process. */
export const answerOf = async (handle: () => Promise<Response>): Promise<Response> => {
  try {
    return await handle()
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error))
    return new Response("something went wrong\n", { status: 500 })
  }
}

/** Sends an answer, no faster than the client reads it. */
export const sendTo = async (
  response: NodeResponse,
  answer: Response,
  signal: AbortSignal
): Promise<void> => {
  response.writeHead(answer.status, Object.fromEntries(answer.headers))
  const reader = answer.body?.getReader()
  try {
    while (reader !== undefined && !signal.aborted) {
      const { done, value } = await reader.read()
      if (done) break
      if (!response.write(value)) await drained(response, signal)
    }
  } catch (error) {
    // A client that has gone is no failure; anything else cuts the connection, so that the client comes back.
    if (!signal.aborted) response.destroy(error instanceof Error ? error : undefined)
  } finally {
    reader?.cancel().catch(() => {})
  }
  response.end()
}

/** Waits until the client has read what was sent to it, or has gone. A slow client makes many of these, so none stays behind. */
const drained = (response: NodeResponse, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const settle = () => {
      signal.removeEventListener("abort", settle)
      resolve()
    }
    response.once("drain", settle)
    signal.addEventListener("abort", settle, { once: true })
  })
