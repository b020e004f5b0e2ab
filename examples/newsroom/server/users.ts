/** Who asks. A real app asks its sessions; here everybody has a token, which a cookie carries, and some may decide. */

/** Somebody who uses the app. */
export interface User {
  readonly name: string
  /** Whether articles of others are theirs to see and to decide. */
  readonly edits: boolean
}

const users: Readonly<Record<string, User>> = {
  "token-of-ada": { name: "ada", edits: false },
  "token-of-bob": { name: "bob", edits: false },
  "token-of-grace": { name: "grace", edits: true }
}

/** The user of a token, or `undefined`. */
export const userOfToken = (token: unknown): User | undefined =>
  typeof token === "string" && Object.hasOwn(users, token) ? users[token] : undefined

/** Whoever sent a request, or `undefined`. */
export const userOf = (request: Request): User | undefined =>
  userOfToken(/(?:^|; )session=([^;]*)/.exec(request.headers.get("cookie") ?? "")?.[1])
