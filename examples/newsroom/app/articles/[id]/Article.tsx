"use client"

import { useState } from "react"
import { useArticle } from "./useArticle.ts"

/** What became of a decision, in the words of whoever made it. */
const decide = async (id: string, approved: boolean): Promise<string> => {
  const body = JSON.stringify({ approved })
  const response = await fetch(`/api/articles/${id}/decision`, { method: "POST", body })
  if (response.ok) return ""
  if (response.status === 409) return "somebody has decided otherwise meanwhile"
  const { error } = (await response.json()) as { readonly error?: string }
  return error ?? "that was not decided"
}

/** One article, while it is written and after. */
export const Article = ({ id, mayDecide }: { readonly id: string; readonly mayDecide: boolean }) => {
  const { connection, isMissingWords, isOpen, status, text } = useArticle(id)
  const [problem, setProblem] = useState("")
  const [isSent, setSent] = useState(false)
  const send = (approved: boolean) => {
    setProblem("")
    setSent(true)
    void decide(id, approved)
      .catch(() => "the newsroom does not answer: try again")
      .then(setProblem)
      .finally(() => setSent(false))
  }
  return (
    <>
      <p>
        <strong data-testid="status">{status}</strong>
        {isOpen && !mayDecide ? " by an editor" : ""}
      </p>
      <article aria-live="polite" data-testid="text">
        {isMissingWords ? "… " : ""}
        {text}
      </article>
      {isOpen && mayDecide && (
        <p>
          <button type="button" disabled={isSent} onClick={() => send(true)}>
            Publish
          </button>
          <button type="button" disabled={isSent} onClick={() => send(false)}>
            Do not
          </button>
        </p>
      )}
      <p role="alert">{problem}</p>
      <p role="status">{connection}</p>
    </>
  )
}
