import type { RunReason, StoreError } from "@dagflow/protocol"

/** Why an owner whose append was refused has to give its run up. */
export const lossOf = ({ operation, reason }: StoreError): RunReason =>
  reason._tag === "OwnershipLost" || reason._tag === "SequenceConflict"
    ? { _tag: "RunNotOwned" }
    : { _tag: "StoreFailed", operation, reason }
