import type { Event } from "@dagflow/protocol"

/** Where a node leads: `replace` in the place of the nodes that depend on it, `append` besides. */
export interface Goto {
  readonly replace?: string | ReadonlyArray<string>
  readonly append?: string | ReadonlyArray<string>
}

/**
 * What several commands come to: the last `replace`, or the nodes that depend on the node, is the base, and everything that
 * is appended comes behind it in the order in which it was, wherever the `replace` stood. Each node counts once.
 */
export const routesOf = (commands: ReadonlyArray<Goto>): Event.Routes => {
  const base = commands.findLast(({ replace }) => replace !== undefined)?.replace
  const appended = commands.flatMap(({ append }) => listed(append))
  return { to: [...new Set([...listed(base), ...appended])], edges: base === undefined }
}

const listed = (names: string | ReadonlyArray<string> | undefined): ReadonlyArray<string> => {
  if (names === undefined) return []
  return typeof names === "string" ? [names] : names
}
