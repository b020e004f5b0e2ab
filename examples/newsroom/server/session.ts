import { cookies } from "next/headers"
import { type User, userOfToken } from "./users.ts"

/** Whoever a page is made for, or `undefined`. */
export const currentUser = async (): Promise<User | undefined> =>
  userOfToken((await cookies()).get("session")?.value)
