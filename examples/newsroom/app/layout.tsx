import type { ReactNode } from "react"
import "./style.css"

export const metadata = { title: "Newsroom" }

/** The frame of all pages. */
const Layout = ({ children }: { readonly children: ReactNode }) => (
  <html lang="en">
    <body>
      <main>{children}</main>
    </body>
  </html>
)

export default Layout
