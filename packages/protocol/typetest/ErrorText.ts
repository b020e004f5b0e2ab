/** What must not compile, so that no error can be forgotten. */
import type { DefinitionError, ErrorText, Rejection, RunError, StoreError } from "../src/index.ts"

/** Says which kind of error it is. Each kind has a case, so the function returns in every case. */
export const kindOf = (error: ErrorText.ReadableError): "definition" | "run" | "store" | "rejection" => {
  switch (error._tag) {
    case "DefinitionError":
      return "definition"
    case "RunError":
      return "run"
    case "StoreError":
      return "store"
    case "DuplicateNode":
    case "UnknownNode":
    case "UnknownAction":
    case "UnknownDependency":
    case "CycleFound":
    case "NodeAlreadyStarted":
    case "UnknownBranch":
    case "LimitReached":
    case "InvalidInput":
    case "WrongRun":
    case "RunEnded":
    case "NotAllowed":
      return "rejection"
  }
}

/** The same with one kind left out. */
// @ts-expect-error a run error would fall through
export const withoutRuns = (error: DefinitionError | RunError | StoreError): string => {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- that it is not exhaustive is what is tested.
  switch (error._tag) {
    case "DefinitionError":
      return "definition"
    case "StoreError":
      return "store"
  }
}

/** Sentences by refusal, with one left out. */
// @ts-expect-error NotAllowed has no sentence
export const sentences: Readonly<Record<Rejection.Rejection["_tag"], string>> = {
  DuplicateNode: "",
  UnknownNode: "",
  UnknownAction: "",
  UnknownDependency: "",
  CycleFound: "",
  NodeAlreadyStarted: "",
  UnknownBranch: "",
  LimitReached: "",
  InvalidInput: "",
  WrongRun: "",
  RunEnded: ""
}
