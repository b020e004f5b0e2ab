/** Why a command did not succeed. */
import * as Schema from "effect/Schema"

/** How a command ended that did not succeed. */
export const ShellReason = Schema.Union([
  /** The command could not be started: `code` is the system's, such as ENOENT when there is no such program. */
  Schema.TaggedStruct("NotStarted", { code: Schema.String }),
  /** It ended with another exit code than expected. `stderr`: the last 2,000 characters of its error output. */
  Schema.TaggedStruct("UnexpectedExit", { exitCode: Schema.Int, stderr: Schema.String }),
  /** A signal ended it. */
  Schema.TaggedStruct("Killed", { signal: Schema.String, stderr: Schema.String }),
  /** Its output is not the JSON that it should be. */
  Schema.TaggedStruct("MalformedOutput", { message: Schema.String })
])
/** How a command ended that did not succeed. */
export type ShellReason = typeof ShellReason.Type

const withOutput = (text: string, stderr: string): string => (stderr === "" ? text : `${text}: ${stderr}`)

const describe = (reason: ShellReason): string => {
  switch (reason._tag) {
    case "NotStarted":
      return reason.code === "ENOENT"
        ? "there is no such program or folder; a line with pipes or spaces needs `shell: true`"
        : `it cannot be started (${reason.code})`
    case "UnexpectedExit":
      return withOutput(`it ended with exit code ${reason.exitCode}`, reason.stderr)
    case "Killed":
      return withOutput(`it was ended by ${reason.signal}`, reason.stderr)
    case "MalformedOutput":
      return `its output is not JSON: ${reason.message}`
  }
}

/** A command that did not succeed. */
export class ShellError extends Schema.TaggedError<ShellError>("@dagflow/actions/ShellError")("ShellError", {
  reason: ShellReason,
  command: Schema.String
}) {
  /** Whether the same command may succeed later: it was started and went wrong by itself. */
  get isRetryable(): boolean {
    return this.reason._tag === "UnexpectedExit" || this.reason._tag === "Killed"
  }

  override get message(): string {
    return `${this.command}: ${describe(this.reason)}`
  }
}
