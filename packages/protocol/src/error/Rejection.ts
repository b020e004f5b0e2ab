/** Why a command was refused. The run goes on; the reason is recorded and given to whoever sent the command. */
import * as Schema from "effect/Schema"

/** Why a command was refused. */
export const Rejection = Schema.Union([
  Schema.TaggedStruct("DuplicateNode", { nodeId: Schema.String }),
  Schema.TaggedStruct("UnknownNode", {
    nodeId: Schema.String,
    suggestion: Schema.optionalKey(Schema.String)
  }),
  Schema.TaggedStruct("UnknownAction", {
    nodeId: Schema.String,
    action: Schema.String,
    suggestion: Schema.optionalKey(Schema.String)
  }),
  Schema.TaggedStruct("UnknownDependency", {
    nodeId: Schema.String,
    dependency: Schema.String,
    suggestion: Schema.optionalKey(Schema.String)
  }),
  /** `path` starts and ends with the same node. */
  Schema.TaggedStruct("CycleFound", { path: Schema.Array(Schema.String) }),
  Schema.TaggedStruct("NodeAlreadyStarted", { nodeId: Schema.String, status: Schema.String }),
  Schema.TaggedStruct("UnknownBranch", {
    branch: Schema.String,
    suggestion: Schema.optionalKey(Schema.String)
  }),
  Schema.TaggedStruct("LimitReached", {
    limit: Schema.String,
    maximum: Schema.Finite,
    requested: Schema.Finite
  }),
  Schema.TaggedStruct("InvalidInput", { message: Schema.String, nodeId: Schema.optionalKey(Schema.String) }),
  Schema.TaggedStruct("WrongRun", { expected: Schema.String, given: Schema.String }),
  Schema.TaggedStruct("RunEnded", { status: Schema.String }),
  /** The wait has ended: somebody answered it first (`by`, if they said who they are), or its deadline passed. */
  Schema.TaggedStruct("AlreadyAnswered", {
    nodeId: Schema.String,
    winner: Schema.Literals(["signal", "deadline"]),
    atMillis: Schema.Finite,
    by: Schema.optionalKey(Schema.String),
    commandId: Schema.optionalKey(Schema.String)
  }),
  /** The node takes no answer any more, or it waits for a time and for nobody. */
  Schema.TaggedStruct("NotWaiting", { nodeId: Schema.String, status: Schema.String }),
  Schema.TaggedStruct("UnknownChannel", {
    channel: Schema.String,
    suggestion: Schema.optionalKey(Schema.String)
  }),
  /** The sender may not command the run: an observing hook. */
  Schema.TaggedStruct("NotAllowed", { message: Schema.String })
])
/** Why a command was refused. */
export type Rejection = typeof Rejection.Type

const calendar = new Intl.DateTimeFormat("sv-SE", {
  dateStyle: "short",
  timeStyle: "medium",
  timeZone: "UTC"
})

/** A time for people. What no calendar has stays a number. */
const moment = (atMillis: number): string =>
  Math.abs(atMillis) <= 8.64e15 ? `${calendar.format(atMillis).replace(" ", "T")}Z` : `${atMillis} ms`

/** Says in a sentence why a command was refused. */
export const describe = (rejection: Rejection): string => {
  const hint = (suggestion: string | undefined) =>
    suggestion === undefined ? "" : `; did you mean "${suggestion}"?`
  switch (rejection._tag) {
    case "DuplicateNode":
      return `a node "${rejection.nodeId}" exists already`
    case "UnknownNode":
      return `there is no node "${rejection.nodeId}"${hint(rejection.suggestion)}`
    case "UnknownAction":
      return `node "${rejection.nodeId}" asks for action "${rejection.action}", which is not registered${hint(rejection.suggestion)}`
    case "UnknownDependency":
      return `node "${rejection.nodeId}" depends on "${rejection.dependency}", which does not exist${hint(rejection.suggestion)}`
    case "CycleFound":
      return `these nodes wait for each other: ${rejection.path.join(" → ")}`
    case "NodeAlreadyStarted":
      return `node "${rejection.nodeId}" is ${rejection.status}: only a pending node can be changed`
    case "UnknownBranch":
      return `there is no branch "${rejection.branch}"${hint(rejection.suggestion)}`
    case "LimitReached":
      return `${rejection.limit} is ${rejection.maximum}, and this would make it ${rejection.requested}`
    case "InvalidInput":
      return rejection.message
    case "WrongRun":
      return `the command is meant for "${rejection.given}", and this is "${rejection.expected}"`
    case "RunEnded":
      return `the run is ${rejection.status}: nothing can be added or started any more`
    case "AlreadyAnswered": {
      const at = moment(rejection.atMillis)
      if (rejection.winner === "deadline")
        return `the wait of "${rejection.nodeId}" passed its deadline at ${at}`
      return `the wait of "${rejection.nodeId}" was answered${rejection.by === undefined ? "" : ` by ${rejection.by}`} at ${at}`
    }
    case "NotWaiting":
      return rejection.status === "waiting"
        ? `node "${rejection.nodeId}" waits for a time and takes no answer`
        : `node "${rejection.nodeId}" is ${rejection.status} and takes no answer`
    case "UnknownChannel":
      return `the flow has no channel "${rejection.channel}"${hint(rejection.suggestion)}`
    case "NotAllowed":
      return rejection.message
  }
}
