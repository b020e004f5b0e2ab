/** What `doctor` finds: one thing that was looked at, how it is, and what to do about it. */
import type { CliFailure } from "../output/CliFailure.ts"
import type { DoctorDocument } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"

/** What is looked at. */
export type Subject = (typeof DoctorDocument.Type)["checks"][number]["name"]

/** One thing that was looked at. */
export interface Finding {
  readonly name: Subject
  readonly result: "ok" | "warning" | "error"
  readonly message: string
  /** What to do, where something is to be done. */
  readonly fix?: string
  /** The exit code of an error. */
  readonly exit?: ExitCode
}

/** Something that is as it should be. */
export const ok = (name: Subject, message: string): Finding => ({ name, result: "ok", message })

/** Something that wants somebody's eye and keeps nothing from working. */
export const warning = (name: Subject, message: string, fix: string): Finding => ({
  name,
  result: "warning",
  message,
  fix
})

/** Something that keeps commands from working. */
export const error = (name: Subject, message: string, fix: string, exit: ExitCode): Finding => ({
  name,
  result: "error",
  message,
  fix,
  exit
})

/** A failure of a command as a finding. */
export const ofFailure = (name: Subject, { exit, message, next }: CliFailure, fix: string): Finding =>
  error(name, message, next?.[0] ?? fix, exit)

/** A finding as `--json` shows it. */
export const asDocument = ({ fix, message, name, result }: Finding): Omit<Finding, "exit"> => ({
  name,
  result,
  message,
  ...(fix !== undefined && { fix })
})

/** The exit code of all findings: that of the first error. */
export const exitOf = (findings: ReadonlyArray<Finding>): ExitCode =>
  findings.find(({ result }) => result === "error")?.exit ?? ExitCode.ok
