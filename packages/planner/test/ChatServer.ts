/** A local server that follows OpenAI's interface for chat completions as far as a test tells it to. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** What a server was asked. */
export interface Asked {
  readonly headers: IncomingMessage["headers"]
  readonly body: {
    readonly messages: ReadonlyArray<{ readonly role: string; readonly content: unknown }>
    readonly tools?: ReadonlyArray<{ readonly function: { readonly name: string } }>
    readonly [key: string]: unknown
  }
}

/** Answers the n-th request. */
export type Answer = (response: ServerResponse, asked: Asked) => void

/** Answers with events, one after the other; `bytes` of the text go in each write. */
export const events =
  (chunks: ReadonlyArray<object | "[DONE]">, bytes = Infinity): Answer =>
  (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" })
    const text = Buffer.from(
      chunks.map((one) => `data: ${typeof one === "string" ? one : JSON.stringify(one)}\n\n`).join("")
    )
    for (let at = 0; at < text.length; at += Math.min(bytes, text.length)) {
      response.write(text.subarray(at, at + Math.min(bytes, text.length)))
    }
    response.end()
  }

/** A piece of an answer. */
export const delta = (message: object, finish: string | null = null) => ({
  id: "chat-1",
  object: "chat.completion.chunk",
  created: 1,
  model: "local",
  choices: [{ index: 0, delta: message, finish_reason: finish }]
})

export const usage = (input: number, output: number) => ({
  id: "chat-1",
  object: "chat.completion.chunk",
  created: 1,
  model: "local",
  choices: [],
  usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output }
})

/** A whole answer of words. */
export const words = (...texts: ReadonlyArray<string>): Answer =>
  events([
    delta({ role: "assistant", content: "" }),
    ...texts.map((content) => delta({ content })),
    delta({}, "stop"),
    usage(7, texts.length),
    "[DONE]"
  ])

export const status =
  (code: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) => {
    response.writeHead(code, { "content-type": "application/json", ...headers })
    response.end(body)
  }

const bodyOf = (request: IncomingMessage): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = ""
    request.on("data", (part: Buffer) => (text += part.toString()))
    request.on("end", () => resolve(text))
    request.on("error", reject)
  })

/** Starts a server. Its n-th request gets the n-th answer, and those after the last one get that. */
export const start = async (...answers: ReadonlyArray<Answer>) => {
  const asked: Array<Asked> = []
  const server = createServer((request, response) => {
    void bodyOf(request).then((text) => {
      const one = { headers: request.headers, body: JSON.parse(text) as Asked["body"] }
      asked.push(one)
      const answer = answers[Math.min(asked.length, answers.length) - 1]
      answer?.(response, one)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  return {
    asked,
    url: `http://127.0.0.1:${port}/v1`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      })
  }
}

/** A server for as long as a test runs. */
export type Server = Awaited<ReturnType<typeof start>>
