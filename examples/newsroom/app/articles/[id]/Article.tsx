"use client"

import { useEffect, useState } from "react"
import { SignIn } from "../../SignIn.tsx"

interface Shown {
  readonly text: string
  readonly isMissingWords: boolean
  readonly status: string
}

const nothing: Shown = { text: "", isMissingWords: false, status: "waiting for its turn" }

type Change = (shown: Shown) => Shown

/** What a message of the stream changes about what is shown. The messages are named as the events of a run are. */
const changes: Readonly<Record<string, (data: never) => Change>> = {
  NodeStarted:
    ({ event }: { event: { nodeId: string } }) =>
    (shown) =>
      event.nodeId === "write" ? { ...nothing, status: "being written" } : shown,
  Emitted:
    ({ value }: { value: string }) =>
    (shown) => ({ ...shown, text: shown.text + value }),
  Gap: () => (shown) => ({ ...shown, isMissingWords: true }),
  NodeCompleted:
    ({ event }: { event: { nodeId: string; outputs?: { text?: string } } }) =>
    (shown) =>
      // What was recorded stands in for the words, of which some may have been missed.
      event.nodeId === "write"
        ? { ...shown, text: event.outputs?.text ?? shown.text, isMissingWords: false }
        : shown,
  NodeWaiting: () => (shown) => ({ ...shown, status: "to be decided" }),
  RunCompleted: () => (shown) => ({ ...shown, status: "decided" })
}

/** Follows an article: a browser whose connection is cut comes back by itself, and goes on after the last event it has seen. */
const useArticle = (id: string): Shown => {
  const [shown, setShown] = useState(nothing)
  useEffect(() => {
    const source = new EventSource(`/api/articles/${id}/events`)
    for (const [type, change] of Object.entries(changes)) {
      source.addEventListener(type, ({ data }) => setShown(change(JSON.parse(String(data)) as never)))
    }
    return () => source.close()
  }, [id])
  return shown
}

/** One article, while it is written and after. */
export const Article = ({ id }: { readonly id: string }) => {
  const { isMissingWords, status, text } = useArticle(id)
  const [answer, setAnswer] = useState("")
  const decide = async (approved: boolean) => {
    const body = JSON.stringify({ approved })
    const response = await fetch(`/api/articles/${id}/decision`, { method: "POST", body })
    const { error } = (await response.json()) as { readonly error?: string }
    setAnswer(error ?? (approved ? "published" : "not published"))
  }
  return (
    <>
      <h1>{id}</h1>
      <SignIn />
      <p>
        <strong data-testid="status">{status}</strong>
      </p>
      <article aria-live="polite" data-testid="text">
        {isMissingWords ? "… " : ""}
        {text}
      </article>
      {status === "to be decided" && (
        <p>
          <button type="button" onClick={() => void decide(true)}>
            Publish
          </button>
          <button type="button" onClick={() => void decide(false)}>
            Do not
          </button>
        </p>
      )}
      <p role="alert">{answer}</p>
    </>
  )
}
