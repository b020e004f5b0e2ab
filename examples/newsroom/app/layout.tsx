import Link from "next/link"
import type { ReactNode } from "react"
import { currentUser } from "../server/session.ts"
import { SignIn } from "./SignIn.tsx"
import "./style.css"

export const metadata = { title: "Newsroom" }

/** The frame of all pages. */
const Layout = async ({ children }: { readonly children: ReactNode }) => {
  const user = await currentUser()
  return (
    <html lang="en">
      <body>
        <nav>
          <Link href="/">Newsroom</Link>
          <SignIn name={user?.name} />
        </nav>
        <main>{children}</main>
      </body>
    </html>
  )
}

export default Layout
