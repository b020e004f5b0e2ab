/** What can go wrong between the engine and a store. */
import * as Schema from "effect/Schema"

/** What went wrong in a store. */
export const StoreReason = Schema.Union([
  /** Another append came first: the log does not end where the writer thought. */
  Schema.TaggedStruct("SequenceConflict", { expected: Schema.Int, actual: Schema.Int }),
  /** The run has a newer owner, so this one must not write any more. */
  Schema.TaggedStruct("OwnershipLost", { epoch: Schema.Int, actual: Schema.Int }),
  Schema.TaggedStruct("RunExists", {}),
  Schema.TaggedStruct("RunNotFound", {}),
  /** The store cannot be reached or is busy. Whether a write took place is known: it did not. */
  Schema.TaggedStruct("Unavailable", { message: Schema.String }),
  /** What the store holds cannot be read. */
  Schema.TaggedStruct("Corrupt", { message: Schema.String }),
  /** The store does not offer the ability. */
  Schema.TaggedStruct("Unsupported", { ability: Schema.String }),
  Schema.TaggedStruct("TooLarge", { bytes: Schema.Finite, maximum: Schema.Finite })
])
/** What went wrong in a store. */
export type StoreReason = typeof StoreReason.Type

const describe = (reason: StoreReason): string => {
  switch (reason._tag) {
    case "SequenceConflict":
      return `the log ends at ${reason.actual}, not at ${reason.expected}: somebody else wrote to the run`
    case "OwnershipLost":
      return `epoch ${reason.epoch} is over, the run is at epoch ${reason.actual}: another process has taken it up`
    case "RunExists":
      return "a run of this id exists already: resume it, or choose another id"
    case "RunNotFound":
      return "there is no run of this id"
    case "Unavailable":
      return `the store is not available: ${reason.message}`
    case "Corrupt":
      return `the store cannot be read: ${reason.message}`
    case "Unsupported":
      return `the store does not offer "${reason.ability}"`
    case "TooLarge":
      return `${reason.bytes} bytes are more than the ${reason.maximum} that the store takes`
  }
}

/** A failed operation of a store. */
export class StoreError extends Schema.TaggedError<StoreError>("@dagflow/protocol/StoreError")("StoreError", {
  reason: StoreReason,
  /** The operation of the store, for instance `append`. */
  operation: Schema.String,
  runId: Schema.optionalKey(Schema.String)
}) {
  /** Whether the same operation may succeed later without anybody doing anything. */
  get isRetryable(): boolean {
    return this.reason._tag === "Unavailable"
  }

  override get message(): string {
    const run = this.runId === undefined ? "" : ` of run "${this.runId}"`
    return `${this.operation}${run}: ${describe(this.reason)}`
  }
}
