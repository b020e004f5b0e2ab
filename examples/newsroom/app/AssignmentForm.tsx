"use client"

import { useRouter } from "next/navigation"
import { type FormEvent, useState } from "react"

/** Asks for an article. */
export const AssignmentForm = () => {
  const router = useRouter()
  const [problem, setProblem] = useState("")
  const [isSent, setSent] = useState(false)
  const start = async (topic: FormDataEntryValue | null) => {
    const response = await fetch("/api/articles", { method: "POST", body: JSON.stringify({ topic }) })
    const { error, id } = (await response.json()) as { readonly id?: string; readonly error?: string }
    if (id === undefined) setProblem(error ?? "that is no topic")
    else router.push(`/articles/${id}`)
  }
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    setProblem("")
    setSent(true)
    start(new FormData(event.currentTarget).get("topic"))
      .catch(() => setProblem("the newsroom does not answer: try again"))
      .finally(() => setSent(false))
  }
  return (
    <form onSubmit={submit}>
      <label>
        Topic <input name="topic" defaultValue="foxes" maxLength={80} required />
      </label>
      <button type="submit" disabled={isSent}>
        Write it
      </button>
      <p role="alert">{problem}</p>
    </form>
  )
}
