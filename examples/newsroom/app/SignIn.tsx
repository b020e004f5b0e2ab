"use client"

/** Says who one is. The page is another one for somebody else, so it is loaded again. */
export const SignIn = ({ name }: { readonly name: string | undefined }) => {
  const signIn = async (who: string) => {
    const body = JSON.stringify({ token: `token-of-${who}` })
    if ((await fetch("/api/session", { method: "POST", body })).ok) window.location.reload()
  }
  return (
    <>
      {["ada", "bob", "grace"].map((who) => (
        <button key={who} type="button" aria-pressed={who === name} onClick={() => void signIn(who)}>
          I am {who}
        </button>
      ))}
    </>
  )
}
