/** What must not compile, so that no error can be forgotten: the type check fails when one of these lines compiles. */
import { expect, it } from "vitest"
import {
  DefinitionError,
  type ErrorText,
  type Rejection,
  RunError,
  type StoreError
} from "../../src/index.ts"

/** Says which kind of error it is. Each kind has a case, so the function returns in every case. */
const kindOf = (error: ErrorText.ReadableError): "definition" | "run" | "store" | "rejection" => {
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
    case "AlreadyAnswered":
    case "NotWaiting":
    case "UnknownChannel":
    case "NotAllowed":
      return "rejection"
  }
}

/** The same with one kind left out. */
// @ts-expect-error a run error would fall through
const withoutRuns = (error: DefinitionError | RunError | StoreError): string => {
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
const sentences: Readonly<Record<Rejection.Rejection["_tag"], string>> = {
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
  AlreadyAnswered: "",
  NotWaiting: "",
  RunEnded: ""
}

it("every error has a case, and leaving one out does not compile", () => {
  expect(kindOf(new DefinitionError({ problems: [] }))).toBe("definition")
  expect(kindOf(new RunError({ reason: { _tag: "Parked" }, runId: "r" }))).toBe("run")
  expect(kindOf({ _tag: "RunEnded", status: "failed" })).toBe("rejection")
  expect(withoutRuns(new RunError({ reason: { _tag: "Parked" }, runId: "r" }))).toBeUndefined()
  expect(sentences).not.toHaveProperty("NotAllowed")
})
