"use client"

import { useState } from "react"

/** Says who one is. */
export const SignIn = () => {
  const [name, setName] = useState<string>()
  const signIn = async (who: string) => {
    const body = JSON.stringify({ token: `token-of-${who}` })
    if ((await fetch("/api/session", { method: "POST", body })).ok) setName(who)
  }
  return (
    <nav>
      {["ada", "bob", "grace"].map((who) => (
        <button key={who} type="button" aria-pressed={who === name} onClick={() => void signIn(who)}>
          I am {who}
        </button>
      ))}
    </nav>
  )
}
