/** A newsroom over HTTP or without it: whatever answers requests. */

/** Answers a request; `fetch` does too. */
export type Answer = (request: Request) => Promise<Response>

/** One message of a stream of server-sent events. */
export interface Message {
  /** The number of the event; what is not recorded has none. */
  readonly id: number | undefined
  readonly type: string
  readonly data: {
    readonly value?: unknown
    readonly event?: { readonly nodeId?: string; readonly outputs?: { readonly text?: string } }
  }
}

const messageOf = (block: string): Message | undefined => {
  const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s)))
  if (fields["data"] === undefined) return undefined
  const id = fields["id"] === undefined ? undefined : Number(fields["id"])
  return { id, type: String(fields["event"]), data: JSON.parse(fields["data"]) as Message["data"] }
}

/** What somebody can do in a newsroom. */
export class Newsroom {
  readonly #answer: Answer
  readonly #url: string

  constructor(answer: Answer, url = "http://localhost:3000") {
    this.#answer = answer
    this.#url = url
  }

  /** Sends a request as a user, and answers the status and what was answered. */
  async ask(user: string, method: string, route: string, body?: object, headers: object = {}) {
    const response = await this.#send(user, method, route, body, headers)
    const text = await response.text()
    const isJson = response.headers.get("content-type")?.startsWith("application/json") === true
    return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers }
  }

  /** The messages of an article, until one is enough or there are no more; then the connection is cut. */
  async follow(
    user: string,
    id: string,
    isEnough: (message: Message) => boolean,
    after?: number
  ): Promise<ReadonlyArray<Message>> {
    const headers = after === undefined ? {} : { "last-event-id": String(after) }
    const response = await this.#send(user, "GET", `/api/articles/${id}/events`, undefined, headers)
    const seen: Array<Message> = []
    const decoder = new TextDecoder()
    let text = ""
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      const blocks = text.split("\n\n")
      text = blocks.pop() ?? ""
      for (const message of blocks.flatMap((block) => messageOf(block) ?? [])) {
        seen.push(message)
        if (isEnough(message)) return seen
      }
    }
    return seen
  }

  #send(user: string, method: string, route: string, body: object | undefined, headers: object) {
    return this.#answer(
      new Request(this.#url + route, {
        method,
        headers: { cookie: `theme=dark; session=token-of-${user}`, ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) })
      })
    )
  }
}
