/** Why something that a model proposed was refused. A refusal is a value: the model is told, and the run goes on. */
import * as Schema from "effect/Schema"

const suggestion = Schema.optionalKey(Schema.String)

/** Why something that a model proposed was refused. */
export const Refusal = Schema.Union([
  /** No tool of that name is on the list. */
  Schema.TaggedStruct("UnknownAction", { action: Schema.String, suggestion }),
  /** The arguments are no JSON object, or do not fit the schema of the tool. */
  Schema.TaggedStruct("InvalidInput", { message: Schema.String }),
  /** A text is no well-formed Unicode. */
  Schema.TaggedStruct("InvalidText", { where: Schema.String }),
  Schema.TaggedStruct("TooLarge", { what: Schema.String, bytes: Schema.Finite, maximum: Schema.Finite }),
  Schema.TaggedStruct("LimitReached", {
    limit: Schema.String,
    maximum: Schema.Finite,
    requested: Schema.Finite
  }),
  /** The model was cut off before it had said everything. */
  Schema.TaggedStruct("IncompleteAnswer", { finish: Schema.String }),
  /** Two calls or two steps have the same id. */
  Schema.TaggedStruct("DuplicateNode", { nodeId: Schema.String }),
  Schema.TaggedStruct("UnknownDependency", {
    nodeId: Schema.String,
    dependency: Schema.String,
    suggestion
  }),
  /** `path` starts and ends with the same step. */
  Schema.TaggedStruct("CycleFound", { path: Schema.Array(Schema.String) }),
  /** A person has declined the plan. */
  Schema.TaggedStruct("Declined", { comment: Schema.optionalKey(Schema.String) }),
  /** What was approved is another plan than the one that would be carried out. */
  Schema.TaggedStruct("PlanChanged", { approved: Schema.String, actual: Schema.String })
])
/** Why something that a model proposed was refused. */
export type Refusal = typeof Refusal.Type

/** A refusal because of a limit. */
export type LimitReached = Extract<Refusal, { readonly _tag: "LimitReached" }>

const hint = (name: string | undefined): string => (name === undefined ? "" : `; did you mean "${name}"?`)

/** Says in a sentence why a proposal was refused and, where there is one, what to do instead. */
export const describe = (refusal: Refusal): string => {
  switch (refusal._tag) {
    case "UnknownAction":
      return `there is no tool ${JSON.stringify(refusal.action)}${hint(refusal.suggestion)}`
    case "InvalidInput":
      return refusal.message
    case "InvalidText":
      return `${refusal.where} is no well-formed Unicode text`
    case "TooLarge":
      return `${refusal.what} has ${refusal.bytes} bytes, and at most ${refusal.maximum} are taken: send less`
    case "LimitReached":
      return `${refusal.limit} is ${refusal.maximum}, and this would make it ${refusal.requested}`
    case "IncompleteAnswer":
      return `the answer was cut off (${refusal.finish}), so nothing of it was carried out`
    case "DuplicateNode":
      return `${JSON.stringify(refusal.nodeId)} occurs twice`
    case "UnknownDependency":
      return `${JSON.stringify(refusal.nodeId)} depends on ${JSON.stringify(refusal.dependency)}, which is no step of the plan${hint(refusal.suggestion)}`
    case "CycleFound":
      return `these steps wait for each other: ${refusal.path.join(" → ")}`
    case "Declined":
      return `the plan was declined${refusal.comment === undefined ? "" : `: ${refusal.comment}`}`
    case "PlanChanged":
      return `plan ${refusal.approved} was approved, and this is plan ${refusal.actual}`
  }
}
