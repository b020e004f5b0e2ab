/**
 * A local server with OpenAI's interface that answers by what it is asked, and makes trouble first: each question is refused for
 * now (429), then not answered (500), then answered in half, and only then answered, in pieces of three bytes.
 */
import * as Chat from "./ChatServer.ts"

/** What the server says: a text, or calls of tools. */
export type Said =
  | string
  | ReadonlyArray<{ readonly id: string; readonly name: string; readonly arguments: object }>

/** What the server was asked, as far as its answers depend on it. */
export interface Question {
  readonly model: string
  /** The whole conversation as text. */
  readonly text: string
  /** The contents of the last message. */
  readonly last: string
  readonly roles: ReadonlyArray<string>
}

const questionOf = ({ body }: Chat.Asked): Question => ({
  model: String(body["model"]),
  text: JSON.stringify(body.messages),
  last: JSON.stringify(body.messages.at(-1)?.content ?? ""),
  roles: body.messages.map(({ role }) => role)
})

/** A text ends for a reason that nobody knows; calls come without usage, and their JSON is split between any two characters. */
const chunksOf = (said: Said): ReadonlyArray<object | "[DONE]"> =>
  typeof said === "string"
    ? [Chat.delta({ content: said }), Chat.delta({}, "cosmic_rays"), Chat.usage(10, 2), "[DONE]"]
    : [
        ...said.flatMap(({ arguments: given, id, name }, index) => [
          Chat.delta({ tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] }),
          ...Array.from(JSON.stringify(given)).map((text) =>
            Chat.delta({ tool_calls: [{ index, function: { arguments: text } }] })
          )
        ]),
        Chat.delta({}, "tool_calls"),
        "[DONE]"
      ]

const half =
  (said: Said): Chat.Answer =>
  (response) => {
    const text = chunksOf(said)
      .map((one) => `data: ${JSON.stringify(one)}\n\n`)
      .join("")
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.write(text.slice(0, text.length / 2), () => response.destroy())
  }

/** Requests that each question takes until it is answered. */
export const requestsPerQuestion = 4

/** Starts a server that answers by a function of what it is asked. */
export const start = (answer: (question: Question) => Said): Promise<Chat.Server> => {
  const times = new Map<string, number>()
  return Chat.start((response, asked) => {
    const question = questionOf(asked)
    const key = `${question.model} ${question.text}`
    const time = (times.get(key) ?? 0) + 1
    times.set(key, time)
    const said = answer(question)
    const one =
      time === 1
        ? Chat.status(429, "{}", { "retry-after": "0" })
        : time === 2
          ? Chat.status(500, '{"error":{"message":"sick"}}')
          : time === 3
            ? half(said)
            : Chat.events(chunksOf(said), 3)
    one(response, asked)
  })
}
