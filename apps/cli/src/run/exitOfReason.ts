import type { DefinitionError, RunReason, RunReport, StoreError } from "@dagflow/protocol"
import { ExitCode } from "../output/ExitCode.ts"

/** The exit code of what went wrong with a run. */
export const exitOfReason = (reason: RunReason): ExitCode => {
  switch (reason._tag) {
    case "BudgetExhausted":
      return ExitCode.limit
    case "NodesFailed":
      return reason.nodes[0]?.error.cause === "TooLarge" ? ExitCode.limit : ExitCode.failed
    case "TimedOut":
    case "Stalled":
    case "HookFailed":
    case "ChannelFailed":
    case "WouldDeadlock":
      return ExitCode.failed
    case "LimitReached":
      return ExitCode.limit
    case "Cancelled":
      return ExitCode.cancelled
    case "Waiting":
    case "Parked":
      return ExitCode.parked
    case "InvalidInput":
    case "ActionsMissing":
    case "ReducersMissing":
    case "ChannelsChanged":
      return ExitCode.invalid
    case "CommandRejected":
      return reason.rejection._tag === "LimitReached" ? ExitCode.limit : ExitCode.conflict
    case "RunExists":
    case "RunNotOwned":
    case "FlowChanged":
    case "InputsChanged":
      return ExitCode.conflict
    case "RunNotFound":
      return ExitCode.notFound
    case "StoreFailed":
      return exitOfStoreReason(reason.reason)
  }
}

/** The exit code of a failed operation of a store. */
export const exitOfStoreReason = (reason: StoreError["reason"]): ExitCode => {
  switch (reason._tag) {
    case "TooLarge":
      return ExitCode.limit
    case "RunNotFound":
      return ExitCode.notFound
    case "RunExists":
    case "OwnershipLost":
    case "SequenceConflict":
      return ExitCode.conflict
    case "Unavailable":
    case "Corrupt":
    case "Unsupported":
      return ExitCode.store
  }
}

/** The exit code of a definition that cannot run: a limit, when nothing but limits stands in its way. */
export const exitOfDefinition = ({ problems }: DefinitionError): ExitCode => {
  const errors = problems.filter((problem) => problem.severity === "error")
  return errors.length > 0 && errors.every((problem) => problem.code === "LimitExceeded")
    ? ExitCode.limit
    : ExitCode.invalid
}

/** The exit code of a run that has ended, or that waits. */
export const exitOfReport = ({ result }: RunReport.RunReport): ExitCode => {
  switch (result?._tag) {
    case "Completed":
      return ExitCode.ok
    case "Failed":
      return exitOfReason(result.failure)
    case "Cancelled":
      return ExitCode.cancelled
    case undefined:
      return ExitCode.parked
  }
}
