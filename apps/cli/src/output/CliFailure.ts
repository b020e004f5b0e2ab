/** Why a command cannot do what it was asked for, ready to be printed. */
import type { FrontierContext, SourcePosition } from "@dagflow/protocol"
import * as Data from "effect/Data"
import type { ExitCode } from "./ExitCode.ts"

/** Why a command cannot do what it was asked for. */
export class CliFailure extends Data.TaggedError("CliFailure")<{
  readonly exit: ExitCode
  /** Kind of the failure, which scripts may compare: the tag of an error or reason, or a word of this package. */
  readonly code: string
  /** One sentence. */
  readonly message: string
  /** The text for people, when it is more than the sentence and the next steps. */
  readonly text?: string
  readonly at?: SourcePosition
  readonly nodeId?: string
  readonly frontier?: FrontierContext.FrontierContext
  /** What to do now, each a command or a sentence. */
  readonly next?: ReadonlyArray<string>
}> {}

/** Whoever reads what the command prints has gone away. */
export class OutputClosed extends Data.TaggedError("OutputClosed")<{}> {}
