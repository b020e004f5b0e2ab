/** Where a process is killed. */

/**
 * Where a process is killed.
 *
 * - `before`, `after`: just before the append that holds the event, or just after it, when nobody has heard of it yet.
 * - `during`: from outside, as soon as the process says that it makes the append; so it falls anywhere around the commit.
 * - `retry`: while the node waits for its next attempt.
 * - `action`, `handler`: in an action of the node, between its side effect and its report.
 * - `gate`: while the hook thinks about its answer to the event.
 * - `time`: from outside, so long after the processes have begun; the owner of an unfinished run is hit.
 */
export type KillPoint =
  | { readonly at: "before" | "after" | "during" | "gate"; readonly event: string }
  | { readonly at: "retry" | "action" | "handler"; readonly node: string }
  | { readonly at: "time"; readonly millis: number }

/** A point at which a process kills itself, or asks for it. */
export type InnerPoint = Exclude<KillPoint, { readonly at: "time" }>

/** Says where in a few words. */
export const describe = (point: KillPoint): string => {
  switch (point.at) {
    case "time":
      return `after ${point.millis} ms`
    case "retry":
      return `in the retry wait of ${point.node}`
    case "action":
      return `in the action of ${point.node}`
    case "handler":
      return `in the failure handler of ${point.node}`
    case "gate":
      return `in the answer to ${point.event}`
    default:
      return `${point.at} the append of ${point.event}`
  }
}
