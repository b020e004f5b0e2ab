import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { onTestFinished } from "vitest"

/** A message as a client of OpenAI's interface sends it. */
export interface Message {
  readonly role: string
  readonly content: unknown
  readonly tool_calls?: ReadonlyArray<unknown>
}

/** What the server says to a request: a text piece by piece, calls, or a text that never comes to its end, or breaks off. */
export interface Said {
  readonly text?: string
  readonly calls?: ReadonlyArray<{ readonly name: string; readonly arguments: object }>
  readonly hangs?: boolean
  readonly breaksOff?: boolean
}

const send = (response: ServerResponse, chunk: object): void =>
  void response.write(`data: ${JSON.stringify({ object: "chat.completion.chunk", ...chunk })}\n\n`)

/** A server with OpenAI's interface that answers as a test says. */
export class ChatServer {
  readonly requests: Array<ReadonlyArray<Message>> = []
  readonly url: string

  private constructor(url: string) {
    this.url = url
  }

  static async start(
    answer: (messages: ReadonlyArray<Message>, request: number) => Said
  ): Promise<ChatServer> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const server = createServer((request, response) => {
      let text = ""
      request.on("data", (chunk) => (text += String(chunk)))
      request.on("end", () => {
        const { messages } = JSON.parse(text) as { readonly messages: ReadonlyArray<Message> }
        made.requests.push(messages)
        say(response, answer(messages, made.requests.length))
      })
    }).listen(0, "127.0.0.1", resolve)
    await promise
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const made = new ChatServer(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`)
    return made
  }

  /** What a process has to have in its environment to ask this server. */
  get env(): Readonly<Record<string, string>> {
    return { OPENAI_API_KEY: "test", OPENAI_BASE_URL: this.url, OPENAI_MODEL: "test" }
  }
}

const say = (
  response: ServerResponse,
  { breaksOff = false, calls = [], hangs = false, text = "" }: Said
): void => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  for (const content of text.match(/\S+\s*/g) ?? [])
    send(response, { choices: [{ index: 0, delta: { content } }] })
  if (breaksOff) return void response.write("data: {", () => response.destroy())
  if (hangs) return
  for (const [index, call] of calls.entries()) {
    const tool_call = { index, id: `call-${index}`, type: "function" }
    const { name } = call
    const json = JSON.stringify(call.arguments)
    const half = Math.floor(json.length / 2)
    const parts = [{ name, arguments: json.slice(0, half) }, { arguments: json.slice(half) }]
    for (const part of parts) {
      send(response, { choices: [{ index: 0, delta: { tool_calls: [{ ...tool_call, function: part }] } }] })
    }
  }
  send(response, {
    choices: [{ index: 0, delta: {}, finish_reason: calls.length > 0 ? "tool_calls" : "stop" }]
  })
  send(response, { choices: [], usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 } })
  response.end("data: [DONE]\n\n")
}
