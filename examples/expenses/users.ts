/** Who asks. A real server asks its sessions; here everybody has a token, and some may decide. */

/** Somebody who uses the server. */
export interface User {
  readonly name: string
  /** Whether expenses of others are theirs to see and to decide. */
  readonly decides: boolean
}

const users: Readonly<Record<string, User>> = {
  "token-of-ada": { name: "ada", decides: false },
  "token-of-bob": { name: "bob", decides: false },
  "token-of-grace": { name: "grace", decides: true }
}

/** Whoever sent a request, or `undefined`. */
export const userOf = (request: Request): User | undefined => {
  const token = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1]
  return token !== undefined && Object.hasOwn(users, token) ? users[token] : undefined
}
