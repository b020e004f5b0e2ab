/** What becomes of an article: facts and a title are looked for, it is written word by word, an editor decides, it is published once. */
import { appendFile } from "node:fs/promises"
import { setTimeout } from "node:timers/promises"
import { Action, Flow, NodeOutput } from "@dagflow/promise"
import * as z from "zod"

/** What somebody asks to be written. */
export const Assignment = z.object({
  author: z.string().min(1),
  topic: z.string().trim().min(1).max(80)
})
export type Assignment = z.infer<typeof Assignment>

const findFacts = Action.fn("find-facts", async ({ topic }: { topic: string }) => ({
  facts: [`the word "${topic}" has ${topic.length} letters`, `it begins with "${topic.slice(0, 1)}"`]
}))

const findTitle = Action.fn("find-title", async ({ topic }: { topic: string }) => ({
  title: `All about ${topic}`
}))

interface Notes {
  readonly title: string
  readonly facts: ReadonlyArray<string>
}

/** Stands in for a model: it takes its time, and says one word after the other. Put the stream of yours here. */
const words = async function* ({ facts, title }: Notes, signal: AbortSignal): AsyncGenerator<string> {
  const text = `${title} is a long story. To begin with, ${facts.join(", and ")}. The rest is left to the reader.`
  for (const word of text.split(/(?<= )/)) {
    await setTimeout(Number(process.env["WORD_MILLIS"] ?? 120), undefined, { signal })
    yield word
  }
}

/** What it emits is shown while it comes; what it returns is recorded. */
const write = Action.fn("write", async (notes: Notes, { emit, signal }) => {
  let text = ""
  for await (const word of words(notes, signal)) {
    emit(word)
    text += word
  }
  return { text }
})

/** The node waits for an editor, for a week at most. */
const review = Action.fn("review", async ({ title }: { title: string; text: string }) =>
  NodeOutput.wait<{ approved: boolean }>({
    prompt: `Publish "${title}"?`,
    schema: {
      type: "object",
      properties: { approved: { type: "boolean" }, note: { type: "string" } },
      required: ["approved"]
    },
    timeout: "7 days",
    onTimeout: "autopilot",
    default: { approved: false }
  })
)

/** Publishes under the key of its node: an attempt that is made again after a crash has the same one. */
const publish = Action.fn(
  "publish",
  async (
    { approved, text, title }: { approved: boolean; text: string; title: string },
    { idempotencyKey }
  ) => {
    if (!approved) return { published: false }
    const line = JSON.stringify({ key: idempotencyKey, title, text })
    await appendFile(process.env["PAPER"] ?? ".dagflow/paper.jsonl", `${line}\n`)
    return { published: true }
  }
)

/** The node that waits for an editor. */
export const decision = "review"

/** What becomes of an article. */
export const article = Flow.make(
  "article",
  { inputs: Assignment.shape, config: { onFailure: "pause" } },
  (f) => {
    const { topic } = f.inputs
    const { facts } = f.node("facts", findFacts, { topic }).out
    const { title } = f.node("title", findTitle, { topic }).out
    const { text } = f.node("write", write, { facts, title }).out
    const { approved } = f.node(decision, review, { title, text }).out
    return { publish: f.node("publish", publish, { approved, text, title }) }
  }
)

/** The actions that runs need which another process has left behind. */
export const actions = [findFacts, findTitle, write, review, publish]
