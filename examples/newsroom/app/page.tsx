"use client"

import { useRouter } from "next/navigation"
import { type FormEvent, useState } from "react"
import { SignIn } from "./SignIn.tsx"

/** Asks for an article. */
const Page = () => {
  const router = useRouter()
  const [problem, setProblem] = useState("")
  const start = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const topic = new FormData(event.currentTarget).get("topic")
    const response = await fetch("/api/articles", { method: "POST", body: JSON.stringify({ topic }) })
    const { error, id } = (await response.json()) as { readonly id?: string; readonly error?: string }
    if (id === undefined) setProblem(error ?? "that is no topic")
    else router.push(`/articles/${id}`)
  }
  return (
    <>
      <h1>Newsroom</h1>
      <SignIn />
      <form onSubmit={(event) => void start(event)}>
        <label>
          Topic <input name="topic" defaultValue="foxes" maxLength={80} required />
        </label>
        <button type="submit">Write it</button>
      </form>
      <p role="alert">{problem}</p>
    </>
  )
}

export default Page
